"""Writes Fixtures/files/: safetensors, shards and adapters as safetensors, transformers and PEFT write them.

usage: python make_file_fixtures.py     (with torch==2.13.0 transformers==5.23.0 peft==0.21.2 safetensors==0.8.0)
"""
import json, os, shutil
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures", "files")
shutil.rmtree(HERE, ignore_errors=True)
os.makedirs(HERE)
torch.manual_seed(1)
values = torch.tensor([[0.0, 1.0, -2.0], [0.5, 100.0, -0.25]])
save_file({
    "f32": values, "f64": values.double(), "f16": values.half(), "bf16": values.bfloat16(),
    "i64": torch.tensor([1, -2, 3]), "i32": torch.tensor([4, -5], dtype=torch.int32),
    "i8": torch.tensor([-7, 8, 9], dtype=torch.int8), "u8": torch.tensor([250, 1], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]), "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 4), "模型.weight": torch.ones(2),
}, os.path.join(HERE, "types.safetensors"), metadata={"format": "pt", "note": "数据"})

shape = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, intermediate_size=24, vocab_size=20)
model = LlamaForCausalLM(LlamaConfig(**shape, tie_word_embeddings=False, rope_theta=500000.0, eos_token_id=[1, 2], bos_token_id=3, rms_norm_eps=1e-5))
model.save_pretrained(os.path.join(HERE, "sharded"), max_shard_size="6KB")
norms = {name: float(value.double().norm()) for name, value in model.state_dict().items()}
json.dump(norms, open(os.path.join(HERE, "sharded", "norms.json"), "w"), indent=0)

reward = LlamaForSequenceClassification(LlamaConfig(**shape, num_labels=1, pad_token_id=0))
get_peft_model(reward, LoraConfig(
    r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"], task_type="SEQ_CLS", lora_dropout=0.1, layers_to_transform=[1])
).save_pretrained(os.path.join(HERE, "reward"))
varied = get_peft_model(LlamaForCausalLM(LlamaConfig(**shape)), LoraConfig(
    r=2, lora_alpha=8, target_modules=r".*layers\.\d+\.(self_attn\.[qk]_proj|mlp\.down_proj)", task_type="CAUSAL_LM",
    rank_pattern={"down_proj": 4, r"layers\.1\.self_attn\.q_proj": 3}, alpha_pattern={"k_proj": 5}))
varied.save_pretrained(os.path.join(HERE, "varied"))
adapted = {name: {"rank": module.r["default"], "scale": module.scaling["default"]}
           for name, module in varied.base_model.model.named_modules() if hasattr(module, "lora_A")}
json.dump(adapted, open(os.path.join(HERE, "varied", "adapted.json"), "w"), indent=0)
for folder in ["reward", "varied"]:
    os.remove(os.path.join(HERE, folder, "README.md"))
