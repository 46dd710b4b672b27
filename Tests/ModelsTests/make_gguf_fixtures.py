"""Make Fixtures/gguf: weights, and what gguf-py and ggml make of them.

usage: python make_gguf_fixtures.py [FOLDER]     (default: Fixtures/gguf beside this file)

Made with Python 3.11, numpy 2.4.6, gguf 0.19.0 and the ggml of llama-cpp-python 0.3.36. Seeded; nothing is downloaded.

weights.f32   [8, 512] little-endian: normal rows of growing size, a row of zeros, one of one sign, one with an outlier
q8_0.bin q4_0.bin q5_0.bin bf16.bin f16.bin   the bytes of gguf.quants, which the writer must give bit for bit
q4_k.bin      the bytes of ggml's own quantisation; ours need not be the same, but as good
expected.json errors: the root mean square of (weights - dequantised) by type, all rows together
"""
import ctypes, glob, json, os, sys

import gguf, llama_cpp, numpy as np
from gguf import GGMLQuantizationType as T, quants


def weights():
    x = np.random.default_rng(5).standard_normal((8, 512)).astype(np.float32)
    x *= np.array([0.02, 0.05, 0.3, 1, 4, 0.02, 0.02, 0.02], np.float32)[:, None]
    x[5] = 0
    x[6] = np.abs(x[6]) + np.float32(0.01)
    x[7, 300] = np.float32(1.5)
    return x


def ggml_quantize(x, kind):
    base = ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(llama_cpp.__file__), "lib", "libggml-base.so*"))[0])
    base.ggml_quantize_chunk.restype = ctypes.c_size_t
    base.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    out = np.zeros(quants.quant_shape_to_byte_shape(x.shape, kind), np.uint8)
    base.ggml_quantize_chunk(int(kind), x.ctypes.data, out.ctypes.data, 0, x.shape[0], x.shape[1], None)
    return out


def main(folder):
    os.makedirs(folder, exist_ok=True)
    x = weights()
    write = lambda name, data: open(os.path.join(folder, name), "wb").write(data.tobytes())
    write("weights.f32", x.astype("<f4"))
    errors = {}
    for name, kind in (("q8_0", T.Q8_0), ("q4_0", T.Q4_0), ("q5_0", T.Q5_0), ("bf16", T.BF16), ("f16", T.F16), ("q4_k", T.Q4_K)):
        packed = ggml_quantize(x, kind) if name == "q4_k" else quants.quantize(x, kind)
        write(name + ".bin", packed)
        errors[name] = float(np.sqrt(np.mean((quants.dequantize(packed, kind).astype(np.float64) - x) ** 2)))
    with open(os.path.join(folder, "expected.json"), "w") as f: json.dump({"errors": errors}, f, indent=1)
    print(errors)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures", "gguf"))
