"""Fixtures of TensorsTests: NF4 with double quantisation, and the dynamic maps, as bitsandbytes computes them on a CPU.

nf4.json            small matrices as lists
nf4-outliers.json   a matrix as trained weights are, in base64: bf16, sizes differing by column, few weights far larger than the rest

usage: python make_fixtures.py     in an environment with bitsandbytes==0.50.2 and torch==2.13.0
"""
import base64, json, os
import torch
from bitsandbytes.functional import create_dynamic_map, dequantize_blockwise, quantize_4bit, quantize_blockwise

torch.manual_seed(1)
bits = lambda t: t.float().contiguous().view(torch.int32).flatten().to(torch.int64).bitwise_and(0xFFFFFFFF).tolist()
matrices = {
    "normal": torch.randn(36, 192) * 0.02,
    "rows of different size": torch.randn(20, 128) * torch.logspace(-4, 1, 20)[:, None],
    "zero blocks and ties": torch.cat([torch.zeros(1, 64), torch.linspace(-1, 1, 64)[None], torch.full((2, 64), 0.25)]),
}
cases = []
for name, weight in matrices.items():
    codes, state = quantize_4bit(weight, blocksize=64, compress_statistics=True, quant_type="nf4")
    cases.append({"name": name, "rows": weight.shape[0], "columns": weight.shape[1], "bits": bits(weight), "codes": codes.flatten().tolist(),
                  "scaleCodes": state.absmax.flatten().tolist(), "scaleMaxima": bits(state.state2.absmax), "scaleMean": bits(state.offset)[0]})
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "nf4.json"), "w") as f: json.dump(cases, f, separators=(",", ":"))

# A block of usual numbers, one of zeros, one whose numbers differ by up to 2^20, and a part of a block.
values = torch.cat([torch.randn(256), torch.zeros(256), torch.randn(256) * 2.0 ** -(torch.arange(256) % 21), torch.randn(44) * 1e-6])
maps = []
for name, signed in (("signed", True), ("unsigned", False)):
    numbers, code = values if signed else values.square(), create_dynamic_map(signed=signed)
    codes, state = quantize_blockwise(numbers, code.clone(), blocksize=256)
    maps.append({"name": name, "map": bits(code), "values": bits(numbers), "codes": codes.tolist(), "maxima": bits(state.absmax),
                 "expanded": bits(dequantize_blockwise(codes, state))})
with open(os.path.join(folder, "map8.json"), "w") as f: json.dump(maps, f, separators=(",", ":"))
numbers = torch.distributions.StudentT(5.0).sample((32, 576)) * 0.02 * torch.exp(0.5 * torch.randn(1, 576))
numbers.view(-1)[torch.randint(numbers.numel(), (24,))] *= 40
weight = numbers.to(torch.bfloat16)
codes, state = quantize_4bit(weight.float(), blocksize=64, compress_statistics=True, quant_type="nf4")
raw = lambda t: base64.b64encode(t.contiguous().view(torch.uint8).numpy().tobytes()).decode()
with open(os.path.join(folder, "nf4-outliers.json"), "w") as f:
    json.dump({"rows": 32, "columns": 576, "weights": raw(weight), "codes": raw(codes), "scaleCodes": raw(state.absmax),
               "scaleMaxima": raw(state.state2.absmax), "scaleMean": bits(state.offset)[0], "scaleValues": raw(state.state2.code)}, f)
