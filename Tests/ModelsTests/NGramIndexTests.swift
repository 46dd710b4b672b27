import Models
import Testing

/// What a text said before, found by its last tokens.
@Suite struct NGramIndexTests {
  private func match(_ tokens: [Int32]) -> NGramIndex.Match? {
    var index = NGramIndex(tokens)
    return index.match()
  }

  @Test func nothingIsFoundAtTheStartOrWithoutARepeat() {
    for count in 0..<8 { #expect(match((0..<Int32(count)).map { $0 }) == nil) }
    #expect(match([5]) == nil && match([5, 5]) == nil)
    // One common token is too little.
    #expect(match([1, 2, 3, 1]) == nil)
  }

  @Test func theLatestEarlierOccurrenceIsFound() {
    #expect(match([1, 2, 7, 1, 2, 8, 1, 2, 9, 1, 2]) == NGramIndex.Match(length: 2, position: 8))
  }

  @Test func aLongerRunGoesFirst() {
    #expect(match([4, 1, 2, 7, 5, 1, 2, 8, 4, 1, 2]) == NGramIndex.Match(length: 3, position: 3))
    #expect(match([3, 4, 1, 2, 7, 4, 1, 2, 8, 3, 4, 1, 2]) == NGramIndex.Match(length: 4, position: 4))
    #expect(match([0, 3, 4, 1, 2, 7, 0, 3, 4, 1, 2]) == NGramIndex.Match(length: 4, position: 5))
  }

  @Test func aLoopGoesOnWithItself() {
    let loop: [Int32] = [9, 1, 2, 3, 1, 2, 3]
    #expect(match(loop) == NGramIndex.Match(length: 3, position: 4))
    #expect(NGramIndex(loop).continuation(from: 4, count: 7) == [1, 2, 3, 1, 2, 3, 1])
    #expect(match([6, 6, 6]) == NGramIndex.Match(length: 2, position: 2))
    #expect(NGramIndex([6, 6, 6]).continuation(from: 2, count: 3) == [6, 6, 6])
  }

  @Test func tokensComeOneByOneOrTogether() {
    let tokens = (0..<200).map { (number: Int) in Int32(number * number / 3 % 5) }
    var grown = NGramIndex([])
    for (count, token) in tokens.enumerated() {
      #expect(grown.match() == match(Array(tokens[..<count])))
      grown.append(contentsOf: [token])
    }
    var late = NGramIndex([])
    late.append(contentsOf: tokens)
    #expect(late.match() == grown.match())
  }

  @Test func whatIsFoundIsWhatASearchFinds() {
    let tokens = (0..<300).map { (number: Int) in Int32((number * number / 7 + number / 11) % 6) }
    for count in 0...tokens.count {
      let text = Array(tokens[..<count])
      var expected: NGramIndex.Match?
      for length in NGramIndex.lengths where length < count {
        let position = (length..<count).last { text[$0 - length..<$0].elementsEqual(text.suffix(length)) }
        if let position { expected = NGramIndex.Match(length: length, position: position) }
      }
      #expect(match(text) == expected)
    }
  }
}
