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

  /// Another role must stay what it is while this one is trained.
  /// - Throws: `TrainingError.sharedWeights`, naming both.
  func requireIndependent(_ name: String, of other: Role, _ otherName: String) throws {
    let sharesBase = model === other.model && model.isTrainable
    let others = other.adapter?.parameters ?? []
    let sharesAdapter = adapter?.parameters.contains { parameter in others.contains { $0 === parameter } } ?? false
    if sharesBase || sharesAdapter { throw TrainingError.sharedWeights(name, otherName) }
  }
}

extension RowLimits {
  init(_ role: Role, maximumLength: Int) {
    let configuration = role.model.configuration
    self.init(
      maximumLength: min(maximumLength, role.maximumPositions), vocabularySize: configuration.vocabularySize)
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
