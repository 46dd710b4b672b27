import CKernels
import Foundation

/// Matrix products by OpenBLAS where our own kernels have no SIMD, and for comparison; loaded at run time with the core type of this processor.
///
/// Debian's OpenBLAS 0.3.21 does not recognise newer processors and falls back to its slowest kernels, so the core
/// type is set before the library is loaded, unless the user set it. It runs on one thread: pieces are ours.
public enum BLAS {
  typealias MatrixProduct =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32,
      Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void

  public struct LoadError: Error, CustomStringConvertible {
    public let description: String
  }

  private struct Library: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer
    let product: MatrixProduct
    let core: String
    let configuration: String
  }

  private static let library: Result<Library, LoadError> = load()

  /// Loads the library, or says what to install.
  /// - Throws: `LoadError`.
  public static func require() throws { _ = try library.get() }

  /// The address of another of the library's functions, LAPACK's included.
  /// - Throws: `LoadError` where the library was built without it.
  static func function(_ name: String) throws(LoadError) -> UnsafeMutableRawPointer {
    guard let symbol = dlsym(try library.get().handle, name) else {
      throw LoadError(
        description: "this OpenBLAS has no \(name), which a start: pissa needs; install the one of the package "
          + "libopenblas0-pthread")
    }
    return symbol
  }

  /// Kernel family in use and the library's own description, for `rlhf doctor`.
  /// - Throws: `LoadError`.
  public static func summary() throws -> (core: String, configuration: String) {
    let loaded = try library.get()
    return (loaded.core, loaded.configuration)
  }

  private static let product: MatrixProduct = {
    switch library {
    case .success(let loaded): return loaded.product
    case .failure(let error): fatalError(error.description)
    }
  }()

  /// Computes a product on the calling thread.
  static func multiply(_ p: Product) {
    let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)
    product(
      rowMajor, p.aTransposed ? transposed : plain, p.bTransposed ? transposed : plain, Int32(p.m), Int32(p.n),
      Int32(p.k), 1, p.a, Int32(p.lda), p.b, Int32(p.ldb), p.accumulate ? 1 : 0, p.y, Int32(p.ldc))
  }

  private static func load() -> Result<Library, LoadError> {
    switch ck_best_level() {
    case CK_AVX512: setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
    case CK_AVX2: setenv("OPENBLAS_CORETYPE", "Haswell", 0)
    default: break
    }
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    var handle: UnsafeMutableRawPointer?
    for name in ["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"] where handle == nil {
      handle = dlopen(name, RTLD_NOW | RTLD_LOCAL)
    }
    guard let handle, let symbol = dlsym(handle, "cblas_sgemm") else {
      return .failure(
        LoadError(description: "OpenBLAS is missing; install it: apt-get install libopenblas0-pthread"))
    }
    func text(_ name: String) -> String {
      guard let symbol = dlsym(handle, name) else { return "unknown" }
      let call = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<CChar>?).self)
      return call().map { String(cString: $0) } ?? "unknown"
    }
    if let symbol = dlsym(handle, "openblas_set_num_threads") {
      unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Void).self)(1)
    }
    return .success(
      Library(
        handle: handle, product: unsafeBitCast(symbol, to: MatrixProduct.self), core: text("openblas_get_corename"),
        configuration: text("openblas_get_config")))
  }
}
