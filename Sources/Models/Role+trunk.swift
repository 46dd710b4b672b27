import Tensors

extension Role {
  /// Runs the trunk over a packed stream, virtual tokens before it.
  ///
  /// Blocks below the lowest trained one are not recorded; without a recording tape nothing is.
  ///
  /// - Parameter rows: the rows that will be read, all when nil. The last block computes no others after its attention.
  public func hiddenStates(_ batch: PackedBatch, reading rows: [Int]? = nil, tape: Tape) -> HiddenStates {
    hiddenStates(batch, reading: rows, tape: tape, observer: nil)
  }

  /// - Parameter observer: gets the rotated keys and the values of every row of the stream, layer by layer; a prefix of
  ///   keys is not among them.
  func hiddenStates(
    _ batch: PackedBatch, reading rows: [Int]? = nil, tape: Tape,
    observer: ((_ layer: Int, _ keys: Tensor, _ values: Tensor) -> Void)?
  ) -> HiddenStates {
    let stream = StreamGradient()
    let tokens = virtualTokens
    let virtual = tokens.map { VirtualPass($0, tape: tape) }
    let batch = tokens.map { PackedBatch(batch, prefix: $0.configuration.prefix) } ?? batch
    let context = BlockContext(
      batch: batch, attention: model.attention, rotary: model.rotary, epsilon: model.configuration.rmsNormEpsilon,
      adapter: adapter, prefix: batch.keyOffset > 0 ? virtual : nil, tape: tape, stream: stream)
    var x = embed(batch, virtual: batch.rowOffset > 0 ? virtual : nil, tape: tape, stream: stream)
    let trainsStream =
      model.embedding.isTrainable || (batch.rowOffset > 0 && virtual?.isTrained == true)
      || adapter?.tokenRows?.isTrainable == true
    let trainsFirst = trainsStream || context.prefix?.isTrained == true
    let lowest = tape.isRecording ? (trainsFirst ? 0 : lowestTrainedBlock(context)) : model.blocks.count
    let last = model.blocks.count - 1
    let selection = selection(rows, batch, tape: tape, lastIsRecorded: lowest <= last)
    for (index, block) in model.blocks.enumerated() {
      let pass = BlockPass(
        block: block, layer: index, isRecorded: index >= lowest, inputGradient: index > lowest || trainsStream,
        selection: index == last ? selection : nil, observer: observer.map { observer in { observer(index, $0, $1) } })
      x = pass.run(x, context)
    }
    return HiddenStates(role: self, tensor: x, batch: batch, selection: selection, tape: tape, stream: stream)
  }

  /// The rows that the last block has to compute; nil for all.
  private func selection(
    _ rows: [Int]?, _ batch: PackedBatch, tape: Tape, lastIsRecorded: Bool
  ) -> RowSelection? {
    guard let rows, !rows.isEmpty, let last = model.blocks.last else { return nil }
    // A gradient of some rows becomes one of all rows in the last block's backward.
    if tape.isRecording && !lastIsRecorded { return nil }
    // Masks are drawn by the place of a row in the whole stream.
    let drops = last.linears.contains { adapter?.deltas[$0.name].map { $0.dropout > 0 } ?? false }
    if tape.dropout != nil && drops { return nil }
    let selection = RowSelection(rows.map { $0 + batch.rowOffset })
    return selection.rows.count < batch.count ? selection : nil
  }

  private func lowestTrainedBlock(_ context: BlockContext) -> Int {
    model.blocks.firstIndex { block in
      block.linears.contains(where: context.trains) || block.norms.contains(where: \.isTrainable)
    } ?? model.blocks.count
  }

  private func embed(_ batch: PackedBatch, virtual: VirtualPass?, tape: Tape, stream: StreamGradient) -> Tensor {
    let embedding = model.embedding
    let x = tape.workspace.allocate([batch.count, embedding.columns])
    let own = x.slice(batch.rowOffset..<batch.count)
    let tokens = batch.tokens[batch.rowOffset...].map(Int.init)
    let tokenRows = adapter?.tokenRows
    virtual?.copy(to: x)
    tokenRows.map { $0.gather(own, tokens: tokens, from: embedding) } ?? embedding.gather(own, rows: tokens)
    tape.record {
      guard let gradient = stream.tensor else { return }
      let own = gradient.slice(batch.rowOffset..<batch.count)
      virtual?.addGradient(of: gradient)
      if let parameter = embedding.parameter, parameter.isTrainable {
        RowAccess.scatterAdd(parameter.gradient, from: own, rows: tokens)
      }
      tokenRows?.addGradient(of: own, tokens: tokens)
    }
    return x
  }

  /// The keys and values of a prefix, by layer, in memory of their own; empty without one.
  func prefixKeys(_ workspace: Workspace) -> [(keys: Tensor, values: Tensor)] {
    guard let tokens = virtualTokens, tokens.configuration.method == .prefix else { return [] }
    return workspace.scratch {
      let pass = VirtualPass(tokens, tape: Tape(recording: false, workspace: workspace))
      let shape = [tokens.configuration.count, model.attention.keyHeads * model.attention.headSize]
      return model.blocks.indices.map { layer in
        let (keys, values) = (Tensor.zeros(shape), Tensor.zeros(shape))
        pass.copy(layer: layer, keys: keys, values: values)
        return (keys, values)
      }
    }
  }
}
