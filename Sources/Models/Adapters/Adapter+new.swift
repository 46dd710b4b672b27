import Foundation
import Tensors

extension Adapter {
  /// A new adapter that changes nothing yet.
  ///
  /// A ~ U(±1/√in), or N(0, 1/r²) with `gaussian`, and B = 0; with `pissa` the principal part of W. Magnitudes are the
  /// norms of W's rows.
  /// - Throws: `ModelError` when the configuration targets no layer of the model, or asks for a higher rank than a
  ///   layer's principal part can have; `BLAS.LoadError` where `pissa` finds no LAPACK.
  public convenience init(
    _ configuration: AdapterConfiguration, model: LanguageModel, seed: UInt64, scoreHead: Bool = false
  ) throws {
    let starts = try Self.starts(configuration, model: model)
    var known: [String: Tensor] = [:]
    for (name, factors) in starts {
      known[AdapterTensorName.down(name)] = factors.a.value
      known[AdapterTensorName.up(name)] = factors.b.value
    }
    let linears = Dictionary(uniqueKeysWithValues: model.linears.map { (AdapterTensorName.magnitude($0.name), $0) })
    try self.init(configuration: configuration, model: model, scoreHead: scoreHead, starts: starts) { name, shape in
      if let linear = linears[name] { return Parameter(name: name, value: Magnitude.norms(of: linear.weight)) }
      let value = Tensor.zeros(shape)
      if let source = known[name] {
        value.copy(from: source)
      } else if name.hasSuffix("lora_A.weight") {
        configuration.start == .gaussian
          ? value.fillNormal(deviation: 1 / Float(shape[0]), seed: seed, purpose: name)
          : value.fillUniform(bound: 1 / Float(shape[1]).squareRoot(), seed: seed, purpose: name)
      } else if name == AdapterTensorName.score {
        value.fillNormal(deviation: 0.02, seed: seed, purpose: name)
      } else if name == AdapterTensorName.tokens {
        model.embedding.gather(value, rows: configuration.trainedTokens)
      }
      return Parameter(name: name, value: value)
    }
  }

  /// What the configuration takes off the base, by layer: with PiSSA B₀ = U √(S/s) and A₀ = √(S/s) Vᵀ of the r largest
  /// singular values of W, s the delta's scale; else nothing.
  ///
  /// Source: PiSSA (Meng et al. 2024), `pissa_init` of PEFT.
  static func starts(_ configuration: AdapterConfiguration, model: LanguageModel) throws -> [String: LowRankFactors] {
    guard configuration.start == .pissa else { return [:] }
    let targets = model.linears.filter { configuration.targets($0.name) }
    for linear in targets {
      let (rank, limit) = (configuration.rank(forModule: linear.name), min(linear.outputs, linear.inputs))
      guard rank <= limit else { throw ModelError.rankTooHigh(linear.name, rank: rank, limit: limit) }
    }
    var results = [Result<LowRankFactors, BLAS.LoadError>?](repeating: nil, count: targets.count)
    results.withUnsafeMutableBufferPointer { buffer in
      let results = UncheckedFactors(base: buffer)
      Threads.forEach(targets.count) { index, _ in
        results.base[index] = factors(of: targets[index], configuration)
      }
    }
    return try Dictionary(uniqueKeysWithValues: zip(targets.map(\.name), results.map { try $0!.get() }))
  }

  private struct UncheckedFactors: @unchecked Sendable {
    let base: UnsafeMutableBufferPointer<Result<LowRankFactors, BLAS.LoadError>?>
  }

  private static func factors(
    of linear: Linear, _ configuration: AdapterConfiguration
  ) -> Result<LowRankFactors, BLAS.LoadError> {
    Result { () throws(BLAS.LoadError) in
      let parts = try PrincipalComponents(of: linear.weight, rank: configuration.rank(forModule: linear.name))
      let scale = Double(configuration.scale(forModule: linear.name))
      for (index, value) in parts.values.enumerated() {
        let root = Float((value / scale).squareRoot())
        for column in 0..<linear.inputs { parts.v.row(index)[column] *= root }
        for row in 0..<linear.outputs { parts.u.row(row)[index] *= root }
      }
      return LowRankFactors(
        a: Parameter(name: linear.name + ".start_A", value: parts.v),
        b: Parameter(name: linear.name + ".start_B", value: parts.u))
    }
  }
}

extension Tensor {
  /// Uniform values in ±bound that depend on seed and purpose alone.
  fileprivate func fillUniform(bound: Float, seed: UInt64, purpose: String) {
    var generator = CounterGenerator(seed: seed, purpose: purpose)
    for index in 0..<count { data[index] = (generator.nextUniform() * 2 - 1) * bound }
  }
}
