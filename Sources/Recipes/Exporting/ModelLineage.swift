import Foundation
import Store

/// How a model of the store came to be: the models it stands on, oldest first, each with the run that made it.
struct ModelLineage {
  struct Step {
    var model: ModelRecord
    var run: Run?
    var data: RunData?
    /// The last value of each validation curve.
    var validation: [Metric] = []

    /// The stage's name in its recipe.
    var stage: String { run?.parameters["name"]?.string ?? run?.stage ?? model.name }
  }

  var steps: [Step]
  /// The folder of the first model where that was given and not made here.
  var adopted: URL?

  init(of record: ModelRecord, store: Store, library: ModelLibrary) throws {
    var chain = [record]
    while let parent = try chain[0].parent.flatMap({ try store.model(id: $0) }) { chain.insert(parent, at: 0) }
    steps = try chain.map { model in
      let run = try store.runs(outputModel: model.id).last
      return Step(
        model: model, run: run, data: try run.map { try store.data(ofRun: $0.id) },
        validation: try run.map { try store.lastMetrics(run: $0.id, prefix: "validation/") } ?? [])
    }
    let first = library.location(chain[0])
    adopted = first.path.hasPrefix(library.folder.path + "/") ? nil : first
  }

  /// The recipes that were run, each once.
  var recipes: [String] { unique(steps.compactMap { $0.run?.recipe }) }

  /// What kinds of training the model went through, each once.
  var methods: [String] { unique(steps.compactMap { $0.run?.stage }.filter { $0 != "model" }) }

  private func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
