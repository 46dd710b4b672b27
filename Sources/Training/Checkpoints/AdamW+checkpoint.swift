import Tensors

extension AdamW {
  /// Everything that a checkpoint saves: values and both moments, under names that tell groups apart.
  var tensors: [Parameter] {
    groups.joined().flatMap { slot in
      [
        Parameter(name: "value/" + slot.key, value: slot.parameter.value),
        Parameter(name: "first_moment/" + slot.key, value: slot.first),
        Parameter(name: "second_moment/" + slot.key, value: slot.second),
      ]
    }
  }

  /// The trained values alone.
  var values: [Parameter] {
    groups.joined().map { Parameter(name: "value/" + $0.key, value: $0.parameter.value) }
  }
}
