/// The losses of the DPO family, by the names that TRL gives them.
public enum PreferenceLossKind: String, Codable, Sendable, CaseIterable {
  /// DPO (Rafailov et al. 2023); with label smoothing, conservative DPO.
  case sigmoid
  /// SLiC (Zhao et al. 2023).
  case hinge
  /// IPO (Azar et al. 2023), on means per token.
  case ipo
  /// DPO on means per token.
  case sigmoidNorm = "sigmoid_norm"
  /// EXO (Ji et al. 2024); needs label smoothing above 0.
  case exoPair = "exo_pair"
  /// NCA (Chen et al. 2024).
  case ncaPair = "nca_pair"
  /// Robust DPO (Chowdhury et al. 2024).
  case robust
  /// BCO (Jung et al. 2024), without the running shift.
  case bcoPair = "bco_pair"
  /// SPPO (Wu et al. 2024) with hard labels.
  case sppoHard = "sppo_hard"
  /// AOT (Melnyk et al. 2024): policy margins against reference margins, sorted over the step.
  case aot
  /// AOT on chosen against rejected log-ratios, sorted over the step.
  case aotUnpaired = "aot_unpaired"
  /// APO-zero (D'Oosterlinck et al. 2024).
  case apoZero = "apo_zero"
  /// APO-down (D'Oosterlinck et al. 2024).
  case apoDown = "apo_down"
  /// DiscoPOP (Lu et al. 2024).
  case discopop
  /// Cross-entropy on the chosen answers.
  case sft

  /// Whether a pair's loss depends on the other pairs of its step.
  var couplesPairs: Bool { self == .aot || self == .aotUnpaired }
}

/// A loss and its share in a sum of losses.
public struct WeightedLoss: Codable, Sendable, Hashable {
  public var kind: PreferenceLossKind
  public var weight: Double

  public init(_ kind: PreferenceLossKind, weight: Double = 1) {
    self.kind = kind
    self.weight = weight
  }
}
