/// A linear layer inside a pass, with its delta and what that keeps: `low` [T, R] = scale * x Aᵀ.
public struct AppliedLinear: Sendable {
  public let linear: Linear
  public let delta: LowRankDelta?
  public let low: Tensor?

  public init(_ linear: Linear, delta: LowRankDelta?, rows: Int, workspace: Workspace) {
    self.linear = linear
    self.delta = delta
    low = delta.map { workspace.allocate([rows, $0.rank]) }
  }

  public var isTrainable: Bool { linear.isTrainable || delta?.isTrainable == true }
  var rank: Int { delta?.rank ?? 0 }
}
