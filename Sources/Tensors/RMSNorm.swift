import CKernels

/// Root mean square normalisation (Zhang & Sennrich 2019) over rows.
public enum RMSNorm {
  private static let grain = 64

  /// y [T, C] = x / rms(x) * weight [C]; rstd [T] is kept for the backward.
  public static func forward(_ y: Tensor, rstd: Tensor, x: Tensor, weight: Tensor, epsilon: Float) {
    let width = x.columns
    Threads.ranges(x.rows, grain: grain) { rows in
      ck_rmsnorm_forward(
        y.row(rows.lowerBound), rstd.data + rows.lowerBound, x.row(rows.lowerBound), weight.data, rows.count, width,
        epsilon)
    }
  }

  /// Adds to dx [T, C] and, when the weight is trained, to its gradient.
  public static func backward(
    dx: Tensor, dy: Tensor, x: Tensor, weight: Parameter, rstd: Tensor, workspace: Workspace
  ) {
    let width = x.columns
    let pieces = (x.rows + grain - 1) / grain
    workspace.scratch {
      let partial = weight.isTrainable ? workspace.zeros([pieces, width]) : nil
      Threads.forEach(pieces) { piece, _ in
        let first = piece * grain
        ck_rmsnorm_backward(
          dx.row(first), partial?.row(piece), dy.row(first), x.row(first), weight.value.data, rstd.data + first,
          min(grain, x.rows - first), width)
      }
      guard let partial else { return }
      for piece in 0..<pieces { ck_add(weight.gradient.data, partial.row(piece), width) }
    }
  }
}
