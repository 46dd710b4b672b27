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
///
/// Moments are kept in f32 or in 8 bits, in memory or in a file (`OptimizerOptions`). Pieces do not depend on the number
/// of threads, and no result does.
public final class AdamW {
  /// A parameter and its two moments.
  struct Slot {
    let key: String
    let parameter: Parameter
    let moments: Moments
  }

  public let options: OptimizerOptions
  let groups: [[Slot]]
  /// Updates made, which bias correction depends on.
  public internal(set) var updates = 0

  /// - Parameter folder: where the file of the moments is made, if the options ask for one; nil for a temporary folder.
  /// - Throws: `TrainingError.optimizerState` when there is no room for the moments.
  public init(groups: [ParameterGroup], options: OptimizerOptions, folder: URL? = nil) throws {
    self.options = options
    let sizes = groups.flatMap(\.parameters).map { Moments.byteCount(count: $0.value.count, kind: options.kind) }
    let total = sizes.reduce(0, +)
    let memory =
      switch options.state {
      case .memory: try MomentMemory.anonymous(total)
      case .file: try MomentMemory.file(total, in: folder ?? FileManager.default.temporaryDirectory)
      }
    var offset = 0
    self.groups = groups.map { group in
      group.parameters.map { parameter in
        let moments = Moments(shape: parameter.value.shape, kind: options.kind, memory: memory, offset: offset)
        offset += Moments.byteCount(count: parameter.value.count, kind: options.kind)
        return Slot(key: group.name + "/" + parameter.name, parameter: parameter, moments: moments)
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
    let epsilon = Float(options.epsilon)
    slot.moments.forRanges { range in
      let start = range.lowerBound
      switch slot.moments.storage {
      case .dense(let moments):
        ck_adamw(
          value + start, gradient + start, moments.first + start, moments.second + start, range.count, rate, beta1,
          beta2, epsilon, decay, correction1, correction2, Float(scale))
      case .blocks(let moments):
        let block = start / DynamicMap.block
        ck_adamw_map8(
          value + start, gradient + start, moments.first + start, moments.firstMaxima + block, moments.second + start,
          moments.secondMaxima + block, range.count, DynamicMap.signed.kernel, DynamicMap.unsigned.kernel, rate,
          beta1, beta2, epsilon, decay, correction1, correction2, Float(scale))
      }
    }
  }
}
