// swift-tools-version: 6.1
import PackageDescription

// Two columns stand on Store and meet only in Recipes and the front doors (see docs/architecture.md):
// the data column (Ingest, Pairs, Datasets, Labelling) and the model column (Tensors, Models, Training).

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies)
}

/// - Parameter generators: scripts beside the tests that made their fixtures.
func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], fixtures: Bool = false, generators: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, exclude: generators,
    resources: fixtures ? [.copy("Fixtures")] : [])
}

/// Swift's libraries inside the program: it starts in half the time and runs where no Swift is. Linking alone changes,
/// so tests, which need the shared libraries, use the same objects. The four are what a static Foundation stands on.
let staticRuntime: [LinkerSetting] = [
  .unsafeFlags(
    ["-static-stdlib", "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims", "-l_FoundationCollections"],
    .when(platforms: [.linux], configuration: .release))
]

let package = Package(
  name: "touchstone",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "prep", targets: ["prep"]),
    .executable(name: "rlhf", targets: ["rlhf"]),
    // For Benchmarks/, a package of its own.
    .library(name: "CKernels", targets: ["CKernels"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // Front doors
    .executableTarget(
      name: "prep",
      dependencies: ["Ingest", "Pairs", "Datasets", "Labelling", "Recipes", "Store", "Terminal", argumentParser],
      linkerSettings: staticRuntime),
    .executableTarget(
      name: "rlhf",
      dependencies: [
        "Recipes", "PipelineLibrary", "Training", "Models", "Tokenizers", "Tensors", "Store", "Terminal",
        argumentParser,
      ], linkerSettings: staticRuntime),

    // Where the columns meet
    module(
      "Recipes",
      [
        "Ingest", "Pairs", "Datasets", "Labelling", "Training", "Models", "Tokenizers", "Tensors", "CKernels", "Store",
        "Terminal", "PipelineLibrary", yams,
      ]),

    // Data column
    module("Ingest", ["Store", "CLibXML2", "CUchardet", "CZlib"]),
    module("Pairs", ["Store"]),
    module("Datasets", ["Store"]),
    module("Labelling", ["Store", "Terminal"]),

    // Model column
    module("Training", ["Models", "Tokenizers", "Tensors", "Store"]),
    module("Models", ["Tensors", "Tokenizers"]),
    module("Tensors", ["CKernels"]),
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])], linkerSettings: [.linkedLibrary("m")]),

    // Shared ground
    module("Tokenizers", ["CPCRE2"]),
    module("Store", ["Schemas", "CCrypto", grdb]),
    module("Terminal"),
    .target(
      name: "Schemas", path: "schemas", exclude: ["recipe.schema.json"],
      resources: [
        .embedInCode("m0001-sources.sql"), .embedInCode("m0002-pairs.sql"), .embedInCode("m0003-models.sql"),
        .embedInCode("m0004-labels.sql"), .embedInCode("m0005-rollouts.sql"),
      ]),
    .target(
      name: "PipelineLibrary", path: "pipelines", exclude: ["demo"],
      resources: [.embedInCode("demo.yaml"), .embedInCode("debian.yaml"), .embedInCode("methods.yaml")]),

    // System libraries
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CUchardet", pkgConfig: "uchardet", providers: [.apt(["libuchardet-dev"])]),

    // Tests
    tests("Store"),
    tests("Terminal"),
    tests("Ingest", ["Store"], fixtures: true),
    tests("Pairs", ["Store", "Ingest"], fixtures: true),
    tests("Datasets", ["Store"], fixtures: true),
    tests("Labelling", ["Store", "Terminal"]),
    tests("Tokenizers", fixtures: true, generators: ["make_fixtures.py"]),
    tests("Tensors", ["CKernels"], fixtures: true, generators: ["make_fixtures.py"]),
    tests(
      "Models", ["Tensors", "Tokenizers"], fixtures: true,
      generators: [
        "make_fixtures.py", "make_file_fixtures.py", "make_rounded_fixtures.py", "make_gguf_fixtures.py",
        "make_sum_fixtures.py", "check_gguf.py", "check_methods_peft.py", "check_peft.py",
      ]),
    tests(
      "Training", ["Models", "Tensors", "Tokenizers"], fixtures: true,
      generators: [
        "make_fixtures.py", "make_lora_fixtures.py", "make_prompt_fixtures.py", "make_qlora_fixtures.py",
        "fixture_functions.py", "fixture_adamw8bit.py",
      ]),
    tests("Recipes", ["PipelineLibrary", "Models", "Tensors", "Tokenizers", "Store"]),
  ]
)
