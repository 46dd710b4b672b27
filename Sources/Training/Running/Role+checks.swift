import Models
import Tensors

extension Role {
  /// What is trained.
  /// - Throws: `TrainingError.nothingTrainable`, naming the role.
  func requireTrainable(_ name: String) throws -> [Parameter] {
    let parameters = trainableParameters
    guard !parameters.isEmpty else { throw TrainingError.nothingTrainable(role: name) }
    return parameters
  }

  /// - Throws: `TrainingError.missingScoreHead`, naming the role.
  func requireScoreHead(_ name: String) throws {
    guard adapter?.scoreHead != nil else { throw TrainingError.missingScoreHead(role: name) }
  }

  /// A reference must stay what it is while this role is trained.
  func requireIndependent(of reference: Role) throws {
    let sharesBase = model === reference.model && model.isTrainable
    let sharesAdapter = adapter != nil && adapter === reference.adapter
    if sharesBase || sharesAdapter { throw TrainingError.sharedTrainableBase }
  }
}

extension RowLimits {
  init(_ role: Role, maximumLength: Int) {
    let configuration = role.model.configuration
    self.init(
      maximumLength: min(maximumLength, configuration.maximumPositions), vocabularySize: configuration.vocabularySize)
  }
}

extension DataReport {
  /// - Throws: `TrainingError.noRows` when nothing was kept.
  func requireRows(_ what: String) throws -> DataReport {
    guard kept > 0 else { throw TrainingError.noRows(what: what, report: summary ?? "0 rows given") }
    return self
  }
}

/// - Throws: `TrainingError.notFinite` before the weights are touched.
func requireFinite(_ loss: Double) throws {
  guard loss.isFinite else { throw TrainingError.notFinite("the loss") }
}
