"""Make the parity fixtures of ModelsTests: two tiny Llama models, a PEFT adapter, and what transformers computes with them.

usage: python make_fixtures.py [FOLDER]     (default: the Fixtures folder beside this file)

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, peft 0.21.2, tokenizers 0.23.3, safetensors.
Everything is seeded and float32; nothing is downloaded. Another version of torch may change last digits.

tiny/ tiny-tied/   models in the Hugging Face layout, with a 300-entry byte-level BPE and a ChatML template
tiny-lora/         a LoRA adapter for tiny/ (r 4, alpha 8, every linear layer, A and B random)
expected.json      token ids, targets, log-probabilities, losses, greedy continuations
expected.safetensors   logits and the gradient of every parameter
"""
import json, os, shutil, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import peft, safetensors.torch, tokenizers, torch, transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CHAT = ("{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] }}<|im_end|>\n"
        "{% endgeneration %}{% else %}{{ m['content'] }}<|im_end|>\n{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CORPUS = ["The model reads a prompt and writes the answer.", "The user asks and the assistant answers the question.",
          "Training lowers the loss of the answer.", "模型读提示，然后写出回答。", "用户提问，助手回答问题。"] * 4
SEQUENCES = [("english", "The answer of the model is short."), ("chinese", "模型写出很好的回答。"),
             ("mixed", "LoRA 训练 two small matrices.\n\n\tOK? 1234 🙂"), ("one-letter", "a b")]
CONVERSATIONS = [
    [("user", "What is LoRA?"), ("assistant", "LoRA trains two small matrices.")],
    [("system", "Answer in Chinese."), ("user", "什么是损失？"), ("assistant", "损失是训练要变小的数。")],
    [("user", "Hi"), ("assistant", "Hello."), ("user", "And what does the model read before it writes the answer?"),
     ("assistant", "It reads the prompt.\nThen it writes.")],
]


def make_tokenizer():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=t, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.chat_template = CHAT
    return tokenizer


def make_model(tied, seed):
    torch.manual_seed(seed)
    model = LlamaForCausalLM(LlamaConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=64,
        vocab_size=300, tie_word_embeddings=tied, max_position_embeddings=512, rms_norm_eps=1e-5, initializer_range=0.3,
        bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="eager"))
    for name, p in model.named_parameters():
        if "norm" in name: torch.nn.init.normal_(p, 1.0, 0.2)
        else: torch.nn.init.normal_(p, 0.0, 0.3)
    return model.float().eval()


def make_adapter(model, seed, spread=0.2):
    config = peft.LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=LINEAR, task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, config)
    torch.manual_seed(seed)
    for name, p in adapted.named_parameters():
        if "lora_" in name: torch.nn.init.normal_(p, 0.0, spread)
    return adapted.eval()


def save_adapter(model, folder):
    """Save as PEFT does, without its model card and with the set of modules in a fixed order."""
    model.peft_config["default"].base_model_name_or_path = "tiny"
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))
    path = os.path.join(folder, "adapter_config.json")
    with open(path) as f: config = json.load(f)
    config["target_modules"].sort()
    with open(path, "w") as f: json.dump(config, f, indent=1)


def conversation(tokenizer, turns):
    """The rendered text and ids, and as targets the tokens of the last answer with its end token and line end."""
    messages = [{"role": role, "content": text} for role, text in turns]
    render = lambda m, **k: tokenizer.apply_chat_template(m, tokenize=False, **k)
    text, prompt_text = render(messages), render(messages[:-1], add_generation_prompt=True)
    ids, prompt_ids = (tokenizer(s, add_special_tokens=False)["input_ids"] for s in (text, prompt_text))
    assert ids[:len(prompt_ids)] == prompt_ids
    return {"messages": messages, "text": text, "ids": ids, "prompt_text": prompt_text, "prompt_ids": prompt_ids,
            "targets": list(range(len(prompt_ids), len(ids)))}


def logits_of(model, ids):
    return model(torch.tensor([ids])).logits[0]


def log_probabilities(model, ids):
    logp = torch.log_softmax(logits_of(model, ids), -1)
    return logp[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def batch_loss(model, conversations):
    """Minus the log-probability of each target, summed over the batch and divided once by the number of targets."""
    total, count = 0.0, 0
    for c in conversations:
        logp = log_probabilities(model, c["ids"])
        total = total - logp[torch.tensor(c["targets"]) - 1].sum()
        count += len(c["targets"])
    return total / count


@torch.no_grad()
def greedy(model, prompt, count):
    """The most likely continuation, without a stop, and the smallest lead of a winner over the second."""
    ids, margin = list(prompt), float("inf")
    for _ in range(count):
        top = logits_of(model, ids)[-1].topk(2)
        margin = min(margin, float(top.values[0] - top.values[1]))
        ids.append(int(top.indices[0]))
    return {"ids": ids[len(prompt):], "min_margin": margin}


def main(folder):
    shutil.rmtree(folder, ignore_errors=True); os.makedirs(folder)
    path = lambda name: os.path.join(folder, name)
    torch.use_deterministic_algorithms(True); torch.set_num_threads(1)
    tokenizer = make_tokenizer()
    roles = {"tiny": make_model(False, 11), "tiny-tied": make_model(True, 12)}
    for name, model in roles.items():
        model.save_pretrained(path(name)); tokenizer.save_pretrained(path(name))
    roles["tiny-lora"] = make_adapter(LlamaForCausalLM.from_pretrained(path("tiny"), dtype=torch.float32, attn_implementation="eager"), 13)
    save_adapter(roles["tiny-lora"], path("tiny-lora"))

    conversations = [conversation(tokenizer, turns) for turns in CONVERSATIONS]
    prompt = conversations[0]["prompt_ids"]
    expected = {
        "versions": {m.__name__: m.__version__ for m in (torch, transformers, peft, tokenizers)},
        "sequences": [], "conversations": conversations, "batch_loss": {}, "greedy": {"prompt_ids": prompt}}
    tensors = {}
    for n, (name, text) in enumerate(SEQUENCES):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids) == text
        with torch.no_grad():
            expected["sequences"].append({"name": name, "text": text, "ids": ids, "logprobs": {
                role: log_probabilities(model, ids).tolist() for role, model in roles.items()}})
            if n < 2:
                for role, model in roles.items(): tensors[f"{role}.logits.{n}"] = logits_of(model, ids).contiguous()
    for role, model in roles.items():
        model.zero_grad()
        loss = batch_loss(model, conversations); loss.backward()
        expected["batch_loss"][role] = loss.item()
        for name, p in model.named_parameters():
            if p.requires_grad: tensors[f"{role}.grad.{name.replace('.default', '')}"] = p.grad.contiguous()
        expected["greedy"][role] = greedy(model, prompt, 64)
    safetensors.torch.save_file(tensors, path("expected.safetensors"))
    with open(path("expected.json"), "w", encoding="utf-8") as f:
        json.dump(expected, f, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures"))
