/// How llama.cpp names what Hugging Face's Llama checkpoints hold.
package enum GGUFName {
  private static let whole = [
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
  ]
  private static let ofLayers = [
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
  ]

  /// `blk.3.attn_q.weight` for `model.layers.3.self_attn.q_proj.weight`.
  static func tensor(_ name: String) -> String {
    let parts = name.split(separator: ".").map(String.init)
    let (module, ending) = (parts.dropLast().joined(separator: "."), parts.last ?? "")
    if let known = whole[module] { return "\(known).\(ending)" }
    if parts.count > 4, parts[0] == "model", parts[1] == "layers",
      let known = ofLayers[parts[3..<parts.count - 1].joined(separator: ".")]
    {
      return "blk.\(parts[2]).\(known).\(ending)"
    }
    preconditionFailure("llama.cpp has no name for \(name)")
  }

  /// A number of weights in two digits or more: `135M`, `1.1B`.
  package static func size(_ count: Int) -> String {
    let units: [(Double, String)] = [(1e12, "T"), (1e9, "B"), (1e6, "M")]
    let (unit, letter) = units.first { Double(count) > $0.0 } ?? (1e3, "K")
    let value = Double(count) / unit
    if value.rounded() >= 10 { return "\(Int(value.rounded()))\(letter)" }
    return "\((value * 10).rounded() / 10)\(letter)"
  }
}
