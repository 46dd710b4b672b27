import Foundation

/// A named weight and, once it is trained, its gradient.
public final class Parameter: @unchecked Sendable {
  public let name: String
  /// Replaced only by `makeWritable`; mapped files are read-only until then.
  public private(set) var value: Tensor
  public var isTrainable = false
  /// Whether weight decay applies: to matrices, not to norms and biases.
  public let decays: Bool
  /// Multiplies the learning rate (LoRA+ gives B a multiple of A's).
  public var learningRateScale: Float = 1
  private var storedGradient: Tensor?
  private var ownsValue: Bool

  public init(name: String, value: Tensor, decays: Bool? = nil, ownsValue: Bool = true) {
    self.name = name
    self.value = value
    self.decays = decays ?? (value.shape.count > 1)
    self.ownsValue = ownsValue
  }

  /// Same shape as the value, zero at first.
  public var gradient: Tensor {
    if let storedGradient { return storedGradient }
    let fresh = Tensor.zeros(value.shape)
    storedGradient = fresh
    return fresh
  }

  public func zeroGradient() {
    guard let storedGradient else { return }
    let bytes = MemoryLayout<Float>.size
    Threads.ranges(storedGradient.count, grain: 1 << 20) { range in
      memset(storedGradient.data + range.lowerBound, 0, range.count * bytes)
    }
  }

  /// Whether memory has been taken for a gradient.
  public var hasGradient: Bool { storedGradient != nil }

  public func dropGradient() { storedGradient = nil }

  /// Copies a mapped value into memory of its own, where it can be trained.
  public func makeWritable() {
    guard !ownsValue else { return }
    let copy = Tensor.zeros(value.shape)
    Threads.ranges(copy.count, grain: 1 << 18) { range in
      (copy.data + range.lowerBound).update(from: value.data + range.lowerBound, count: range.count)
    }
    value.releasePages()
    value = copy
    ownsValue = true
  }
}
