import Tensors

extension Role {
  /// The same role, its adapter's parameters shared, with a score head of its own that starts at zero: what reads values
  /// from a policy's last hidden states while the policy itself stays without.
  ///
  /// - Precondition: The role has an adapter.
  public func addingScoreHead() -> Role {
    guard let adapter else { preconditionFailure("a score head stands on an adapter") }
    let head = Parameter(name: AdapterTensorName.score, value: .zeros([1, model.configuration.hiddenSize]))
    return Role(model, Adapter(adapter, scoreHead: head), prompt: prompt)
  }

  /// Whether both compute the same hidden states, whatever stands over them.
  public func sharesTrunk(with other: Role) -> Bool {
    guard let own = adapter?.trunkParameters, let others = other.adapter?.trunkParameters else { return false }
    return model === other.model && prompt === other.prompt && !own.isEmpty
      && own.elementsEqual(others) { $0 === $1 }
  }
}

extension Adapter {
  /// Parameters without the score head.
  fileprivate var trunkParameters: [Parameter] { parameters.filter { $0 !== scoreHead } }
}
