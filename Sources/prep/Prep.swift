import ArgumentParser

/// The front door of the data column: documents, pairs and labels.
@main
struct Prep: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prep",
    abstract: "From raw documents to training pairs and human preferences, in one SQLite file.",
    discussion: """
      A first walk:
        prep ingest ~/notes 'site/**/*.html'
        prep status
        prep pairs
        prep label

      Exit codes: 0 done, 1 failed, 2 bad usage or bad recipe, 3 waiting for people, 130 interrupted.
      """,
    subcommands: [])
}
