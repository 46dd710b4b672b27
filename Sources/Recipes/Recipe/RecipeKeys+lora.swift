import Models

extension RecipeKeys {
  /// Keys of the low-rank update that a stage trains.
  static let lora: [Key] = [
    Key("rank", .integer(1...4096), default: 16, "rank of the update"),
    Key("alpha", .positive, default: 32, "the update is scaled by alpha / rank"),
    Key(
      "targets", .list(.text),
      default: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
      "adapted linear layers: their names or whole paths, all-linear, or one regular expression for whole paths"),
    Key("exclude", .list(.text), "layers left alone whatever targets says, by name or path"),
    Key("layers", .list(.integer(0...4095)), "blocks that are adapted, counted from 0 (default: all)"),
    Key("dropout", .number(0...0.99), default: 0, "share of the update's input that training drops; ppo never drops"),
    Key(
      "start", .choice(AdapterConfiguration.Start.allCases.map(\.rawValue)), default: "default",
      "the update at the start: nothing, from uniform or from gaussian numbers, or the weights' principal part (PiSSA)"),
    Key("rslora", .boolean, default: false, "scale by alpha over the root of the rank"),
    Key("dora", .boolean, default: false, "train magnitude and direction of the weights apart (DoRA)"),
    Key("plus_ratio", .number(1...1000), default: 1, "B learns so many times faster than A (LoRA+)"),
    Key("rank_pattern", .table(of: .integer(1...4096)), "ranks of layers that differ, by name or regular expression"),
    Key("alpha_pattern", .table(of: .positive), "alphas of layers that differ, by name or regular expression"),
  ]
}
