/// The order of a forward pass, to be walked backwards.
///
/// Operations are coarse; each keeps what its own backward needs in the workspace and records one closure. A tape that
/// does not record lets operations reuse their memory at once.
public final class Tape {
  public let isRecording: Bool
  /// Whether blocks keep their input alone and are computed again in the backward: a third more work for little memory.
  public let recomputesBlocks: Bool
  public let workspace: Workspace
  /// What dropout draws its masks by; nil outside of training passes, where nothing is dropped.
  public let dropout: DropoutKey?
  private var records: [() -> Void] = []
  private let start: Workspace.Mark

  public init(
    recording: Bool = true, recomputesBlocks: Bool = false, workspace: Workspace, dropout: DropoutKey? = nil
  ) {
    self.isRecording = recording
    self.recomputesBlocks = recomputesBlocks
    self.dropout = dropout
    self.workspace = workspace
    self.start = workspace.mark
  }

  public func record(_ backward: @escaping () -> Void) {
    if isRecording { records.append(backward) }
  }

  /// Runs the recorded operations in reverse; gradients are added to the parameters'.
  public func backward() {
    while let record = records.popLast() {
      let mark = workspace.mark
      record()
      workspace.release(to: mark)
    }
  }

  /// Gives the pass's memory back. No tensor of it may be used afterwards.
  public func finish() {
    records.removeAll()
    workspace.release(to: start)
  }
}
