import Models

/// Where an answer's reward comes from.
public enum RewardSource {
  /// A reward model's score at the answer's last token.
  case role(Role)
  /// A rule. The answer includes its stop token, if it has one.
  case function((_ prompt: [Int32], _ answer: [Int32]) -> Double)

  /// The roles behind it.
  var roles: [Role] { if case .role(let role) = self { [role] } else { [] } }
}
