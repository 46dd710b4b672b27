/// A binary heap: the least element comes out first.
struct Heap<Element: Comparable> {
  private var elements: [Element] = []

  mutating func removeAll() { elements.removeAll(keepingCapacity: true) }

  mutating func push(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if !(elements[child] < elements[parent]) { break }
      elements.swapAt(parent, child)
      child = parent
    }
  }

  mutating func pop() -> Element? {
    guard let first = elements.first else { return nil }
    let last = elements.removeLast()
    if elements.isEmpty { return first }
    elements[0] = last
    var parent = 0
    while true {
      var child = parent * 2 + 1
      if child >= elements.count { break }
      if child + 1 < elements.count && elements[child + 1] < elements[child] { child += 1 }
      if !(elements[child] < elements[parent]) { break }
      elements.swapAt(parent, child)
      parent = child
    }
    return first
  }
}
