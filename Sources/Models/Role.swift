import Tensors

/// One part that a model plays: policy, reference, reward or value. The base is shared; adapter and head differ.
public struct Role: Sendable {
  public let model: LanguageModel
  /// Without an adapter the role is the base itself, which is what a reference policy is.
  public let adapter: Adapter?
  /// An adapter of virtual tokens that the model was trained with before, under an adapter of another kind.
  public let prompt: Adapter?

  public init(_ model: LanguageModel, _ adapter: Adapter? = nil, prompt: Adapter? = nil) {
    self.model = model
    self.adapter = adapter
    self.prompt = prompt
  }

  /// Trained rows that the output matrix has too: it is the embedding.
  var headRows: ReplacedRows? { model.configuration.tiesEmbeddings ? adapter?.tokenRows : nil }
  /// Virtual tokens that were computed from their encoder, for passes that do not train.
  private var computedTokens: VirtualTokens?
  var virtualTokens: VirtualTokens? { computedTokens ?? adapter?.virtualTokens ?? prompt?.virtualTokens }
  /// The same role with its encoder run once, for as long as parameters stand still.
  func computingVirtualTokens(_ workspace: Workspace) -> Role {
    guard let tokens = virtualTokens, tokens.configuration.encoder != .none else { return self }
    return workspace.scratch {
      let value = tokens.encoder.encode(workspace).value
      let kept = Tensor.zeros(value.shape)
      kept.copy(from: value)
      let embedding = Parameter(name: "embedding.weight", value: kept)
      var role = self
      role.computedTokens = VirtualTokens(
        configuration: tokens.configuration, encoder: DirectPrompt(embedding: embedding), model: tokens.model)
      return role
    }
  }

  /// Positions that virtual tokens take from every sequence.
  public var virtualTokenCount: Int { virtualTokens?.configuration.count ?? 0 }
  /// The longest sequence of real tokens.
  public var maximumPositions: Int { model.configuration.maximumPositions - virtualTokenCount }

  public var trainableParameters: [Parameter] {
    (model.parameters + (adapter?.parameters ?? [])).filter(\.isTrainable)
  }
}
