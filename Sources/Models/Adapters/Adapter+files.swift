import Foundation
import Tensors

extension Adapter {
  static let weightsName = "adapter_model.safetensors"
  /// The parameters that virtual tokens are computed from, for training to go on; PEFT saves what comes out alone.
  static let encoderName = "prompt_encoder.safetensors"

  /// The kind of adapter in a PEFT folder, by its adapter_config.json alone.
  ///
  /// - Throws: `ModelError` naming file, key and value: what is missing or not supported.
  public static func method(folder: URL) throws -> Method { try AdapterMethodFile.read(folder) }

  /// Whether a PEFT folder holds virtual tokens.
  ///
  /// - Throws: as `method(folder:)`.
  public static func isPrompt(folder: URL) throws -> Bool {
    if case .prompt = try method(folder: folder) { true } else { false }
  }

  /// Opens a PEFT adapter folder.
  ///
  /// A PiSSA folder that PEFT did not convert stands on the base without its principal part, which is computed anew.
  /// - Parameter trainsEncoder: whether virtual tokens are computed from their encoder again, where it was saved with
  ///   them, instead of being parameters themselves.
  /// - Throws: `ModelError` naming the file or tensor that is missing, damaged or of the wrong shape.
  public convenience init(folder: URL, model: LanguageModel, trainsEncoder: Bool = false) throws {
    let file = try SafetensorsFile(folder.appendingPathComponent(Self.weightsName))
    func read(_ file: SafetensorsFile) -> (String, [Int]) throws -> Parameter {
      { name, shape in
        let parameter = Parameter(name: name, value: try file.tensor(name, shape: shape), ownsValue: false)
        parameter.makeWritable()
        return parameter
      }
    }
    switch try AdapterMethodFile.read(folder) {
    case .lowRank(let configuration):
      try self.init(
        configuration: configuration, model: model, scoreHead: file.names.contains(AdapterTensorName.score),
        starts: Self.starts(configuration, model: model)
      ) { name, shape in
        try read(file)(file.names.contains(name) ? name : AdapterTensorName.alternative(name), shape).renamed(name)
      }
    case .prompt(var configuration):
      guard configuration.count < model.configuration.maximumPositions else {
        throw ModelError.unsupported(
          file: folder.path, feature: "num_virtual_tokens \(configuration.count)",
          supported: "fewer than the model's \(model.configuration.maximumPositions) positions")
      }
      let encoderFile = folder.appendingPathComponent(Self.encoderName)
      let hasEncoder = trainsEncoder && FileManager.default.fileExists(atPath: encoderFile.path)
      if !hasEncoder { configuration.encoder = .none }
      let scoreHead =
        try file.names.contains(AdapterTensorName.promptScore)
        ? read(file)(AdapterTensorName.promptScore, [1, model.configuration.hiddenSize]) : nil
      let encoder = try configuration.makeEncoder(
        model.configuration,
        weight: hasEncoder
          ? read(SafetensorsFile(encoderFile))
          : { name, shape in
            try read(file)(AdapterTensorName.prompt, shape).renamed(name)
          })
      self.init(configuration, encoder: encoder, model: model.configuration, scoreHead: scoreHead)
    }
  }

  /// Writes adapter_config.json and adapter_model.safetensors in PEFT's layout.
  ///
  /// With a start the folder holds the plain LoRA of twice the rank that does the same on the whole base.
  /// - Parameter baseModel: what the files name as the model under the adapter; nil for what the configuration says.
  /// - Throws: `ModelError` when the folder cannot be written.
  public func save(to folder: URL, baseModel: String? = nil) throws {
    try ModelFolder.create(folder)
    let file = folder.appendingPathComponent(Self.weightsName)
    switch method {
    case .lowRank(var configuration):
      configuration.baseModel = baseModel ?? configuration.baseModel
      let saved = savedParameters.map {
        configuration.targetsNothing ? $0.renamed(AdapterTensorName.alternative($0.name)) : $0
      }
      try SafetensorsWriter.write(saved, to: file)
      try savedConfiguration(configuration).save(to: folder)
    case .prompt(var configuration):
      configuration.baseModel = baseModel ?? configuration.baseModel
      let workspace = Workspace()
      let (value, _) = virtualTokens!.encoder.encode(workspace)
      let score = scoreHead.map { [Parameter(name: AdapterTensorName.promptScore, value: $0.value)] } ?? []
      try SafetensorsWriter.write([Parameter(name: AdapterTensorName.prompt, value: value)] + score, to: file)
      if configuration.encoder != .none {
        try SafetensorsWriter.write(
          virtualTokens!.encoder.parameters, to: folder.appendingPathComponent(Self.encoderName))
      }
      try configuration.save(to: folder, model: virtualTokens!.model)
    }
  }

  /// A new adapter with the same configuration and values, to be trained on its own.
  ///
  /// - Parameter scoreHead: a head for one that has none yet: N(0, 0.02²) by this seed.
  public func copy(model: LanguageModel, scoreHeadSeed: UInt64? = nil) throws -> Adapter {
    let values = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    func weight(_ name: String, _ shape: [Int]) -> Parameter {
      let value = Tensor.zeros(shape)
      if let source = values[name] {
        value.copy(from: source)
      } else if let scoreHeadSeed, name.hasSuffix("score.weight") {
        value.fillNormal(deviation: 0.02, seed: scoreHeadSeed, purpose: AdapterTensorName.score)
      }
      return Parameter(name: name, value: value)
    }
    let hasHead = scoreHead != nil || scoreHeadSeed != nil
    switch method {
    case .lowRank(let configuration):
      return try Adapter(
        configuration: configuration, model: model, scoreHead: hasHead, starts: deltas.compactMapValues(\.start),
        weight: weight)
    case .prompt(let configuration):
      let head = hasHead ? weight(AdapterTensorName.promptScore, [1, model.configuration.hiddenSize]) : nil
      return Adapter(
        configuration, encoder: configuration.makeEncoder(model.configuration, weight: weight),
        model: model.configuration, scoreHead: head)
    }
  }
}

extension Parameter {
  /// The same value under another name.
  fileprivate func renamed(_ name: String) -> Parameter {
    name == self.name ? self : Parameter(name: name, value: value)
  }
}
