import CKernels
import Foundation
import Tensors

/// Parameters that share a learning rate and a gradient norm.
public struct ParameterGroup {
  /// Sets the group's tensors apart in a checkpoint.
  public let name: String
  public let parameters: [Parameter]

  public init(name: String, parameters: [Parameter]) {
    self.name = name
    self.parameters = parameters
  }
}

/// AdamW (Loshchilov & Hutter 2019) over groups of parameters, with a clipped global gradient norm for each group.
public final class AdamW {
  /// A parameter and its two moments.
  struct Slot {
    let key: String
    let parameter: Parameter
    let first: Tensor
    let second: Tensor
  }

  public let options: OptimizerOptions
  let groups: [[Slot]]
  /// Updates made, which bias correction depends on.
  public internal(set) var updates = 0

  public init(groups: [ParameterGroup], options: OptimizerOptions) {
    self.options = options
    self.groups = groups.map { group in
      group.parameters.map { parameter in
        Slot(
          key: group.name + "/" + parameter.name, parameter: parameter, first: .zeros(parameter.value.shape),
          second: .zeros(parameter.value.shape))
      }
    }
  }

  public func zeroGradients() {
    for slot in groups.joined() { slot.parameter.zeroGradient() }
  }

  /// Clips and applies the gradients.
  ///
  /// - Parameter learningRates: one a group.
  /// - Returns: each group's gradient norm before clipping.
  /// - Throws: `TrainingError.notFinite` before anything is changed, when a gradient overflowed.
  @discardableResult public func update(learningRates: [Double]) throws -> [Double] {
    precondition(learningRates.count == groups.count, "\(learningRates.count) rates for \(groups.count) groups")
    let norms = groups.map { GradientNorm.of($0.map(\.parameter)) }
    guard norms.allSatisfy(\.isFinite) else { throw TrainingError.notFinite("the gradient") }
    updates += 1
    for (index, group) in groups.enumerated() {
      let scale = GradientNorm.clippingScale(norm: norms[index], maximum: options.maximumGradientNorm)
      for slot in group { apply(slot, learningRate: learningRates[index], scale: scale) }
    }
    return norms
  }

  private func apply(_ slot: Slot, learningRate: Double, scale: Double) {
    let (beta1, beta2) = (Float(options.beta1), Float(options.beta2))
    let correction1 = Float(1 - pow(Double(beta1), Double(updates)))
    let correction2 = Float(1 - pow(Double(beta2), Double(updates)))
    let rate = Float(learningRate) * slot.parameter.learningRateScale
    let decay = slot.parameter.decays ? Float(options.weightDecay) : 0
    let (value, gradient) = (slot.parameter.value.data, slot.parameter.gradient.data)
    Threads.ranges(slot.first.count, grain: 1 << 16) { range in
      let start = range.lowerBound
      ck_adamw(
        value + start, gradient + start, slot.first.data + start, slot.second.data + start, range.count, rate, beta1,
        beta2, Float(options.epsilon), decay, correction1, correction2, Float(scale))
    }
  }
}
