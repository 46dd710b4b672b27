"""Make the fixtures of rounded weights of ModelsTests: one small model dense, and in NF4 as transformers and bitsandbytes save it.

usage: python make_rounded_fixtures.py [FOLDER]     (default: Fixtures/rounded beside this file)

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, bitsandbytes 0.50.2. Everything is seeded and nothing is downloaded.

dense/        a Llama of widths 64 and 128 in bf16, some of its columns and single weights much larger than the rest
nf4/          from_pretrained with double quantisation, then save_pretrained
nf4-plain/    without double quantisation: scales in f32
logits.json   token ids, and the logits of nf4 and nf4-plain, computed in f32
"""
import json, os, shutil, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM

here = os.path.dirname(os.path.abspath(__file__))


def make_dense(seed, layers=1, vocabulary=96):
    torch.manual_seed(seed)
    model = LlamaForCausalLM(LlamaConfig(hidden_size=64, intermediate_size=128, num_hidden_layers=layers, num_attention_heads=4,
                                         num_key_value_heads=2, vocab_size=vocabulary, max_position_embeddings=64, rms_norm_eps=1e-5,
                                         tie_word_embeddings=False, bos_token_id=1, eos_token_id=2))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1:
                weight.copy_(1 + 0.1 * torch.randn_like(weight))
                continue
            weight.copy_(0.05 * torch.randn_like(weight) * torch.exp(0.3 * torch.randn(1, weight.shape[1])))
            weight.view(-1)[torch.randint(weight.numel(), (8,))] *= 20
    return model.to(torch.bfloat16)


def rounded(dense, double):
    settings = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=double,
                                  bnb_4bit_compute_dtype=torch.float32)
    return AutoModelForCausalLM.from_pretrained(dense, quantization_config=settings, dtype=torch.float32, device_map="cpu")


def save(model, folder):
    model.save_pretrained(folder)
    extra = os.path.join(folder, "generation_config.json")
    if os.path.exists(extra): os.remove(extra)


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    path = lambda name: os.path.join(folder, name)
    torch.set_num_threads(1)
    save(make_dense(31), path("dense"))
    ids = [1, 5, 90, 33, 7, 64, 2, 11]
    expected = {"ids": ids}
    for name, double in (("nf4", True), ("nf4-plain", False)):
        model = rounded(path("dense"), double).eval()
        save(model, path(name))
        with torch.no_grad(): expected[name] = model(torch.tensor([ids])).logits[0].tolist()
    with open(path("logits.json"), "w") as file: json.dump(expected, file)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "Fixtures", "rounded"))
