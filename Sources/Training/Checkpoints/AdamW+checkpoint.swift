import Tensors

extension AdamW {
  /// Everything that a checkpoint saves: values and both moments, under names that tell groups apart.
  package var tensors: [CheckpointTensor] {
    groups.joined().flatMap { slot in [value(slot)] + slot.moments.tensors(key: slot.key) }
  }

  /// The trained values alone.
  var values: [CheckpointTensor] { groups.joined().map(value) }

  private func value(_ slot: Slot) -> CheckpointTensor {
    CheckpointTensor(name: "value/" + slot.key, value: slot.parameter.value)
  }
}
