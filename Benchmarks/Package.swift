// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who only uses Touchstone builds it. `make bench` and `make bench-gate` do.
let package = Package(
  name: "touchstone-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "touchstone", path: "..")],
  targets: [
    .target(
      name: "KernelCases", dependencies: [.product(name: "CKernels", package: "touchstone")],
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=fast"])]),
    .executableTarget(
      name: "kernels", dependencies: ["KernelCases", .product(name: "CKernels", package: "touchstone")]),
    .executableTarget(name: "instructions", dependencies: ["KernelCases"]),
  ]
)
