"""Writes Fixtures/: small tokenizers with the ids, texts and masks that the reference implementations give.

usage: python make_fixtures.py     (with tokenizers==0.23.3 transformers==5.23.0 jinja2)
"""
import json, os, random
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
SENTENCES = [
    "The model learns what people prefer, and it's told so by their judgements.",
    "We'll fine-tune a small model; they've already trained a tokenizer on 2048 documents.",
    "Don't panic: I'd say it isn't over until the loss falls below 0.125!",
    "奖励模型根据人类的偏好进行训练，然后用强化学习微调语言模型。",
    "数据清洗之后，我们把文档切分成段落；每一段都可以追溯到原始文件。",
    "问：什么是微调？答：在已有模型的基础上，用少量数据继续训练。",
    "Naïve café façade, Ångström, Überraschung — “quotes” and … ellipses.",
    "def f(x):\n    return x ** 2  # square\n\n\tprint(f(3))\r\n",
    "用Python写的程序，在2024年发布了第3版。",
    "日本語のテキストと한국어 문장도 있다。",
]
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEXTS = SENTENCES + [
    "", " ", "a", "  two  spaces   three", "tabs\t\tand\n\n\nnewlines\n \n x", "trailing   ", "\u00a0nbsp\u3000全角空格\u180emvs\u2003em",
    "<|im_start|>user\nhello<|im_end|>\n", "x<|endoftext|>y <|im_end|> z", "<|im_start", "a <tool> b  <tool>  c", "éa e\u0301 ﬁ ①",
    "🙂👩‍👩‍👧 emoji", "WE'LL they'Re I'M", "1234567 12 ٣٤٥ Ⅻ", "中" * 300 + "文", "ab" * 200, "…" * 20 + "!?" * 10, "\x00\x01 control",
    "\U0001F600\u200d\ufe0f", "ſ'ſ it'ſ", "한국어 정규화 한", "Å Å",
]


def corpus(seed, sentences):
    r = random.Random(seed)
    words = [w for s in SENTENCES for w in s.split(" ")]
    return [r.choice(SENTENCES) + " " + " ".join(r.choice(words) for _ in range(r.randint(3, 12))) for _ in range(sentences)]


def trained(pre, normalizer=None, size=520, special=("<|endoftext|>", "<|im_start|>", "<|im_end|>"), frequency=2, seed=1, count=150):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre, decoders.ByteLevel()
    if normalizer is not None:
        t.normalizer = normalizer
    t.train_from_iterator(corpus(seed, count), trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), min_frequency=frequency, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return t


def write(name, value):
    path = os.path.join(HERE, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=0) + "\n")


def old_style_merges(t):
    data = json.loads(t.to_str())
    data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
    return Tokenizer.from_str(json.dumps(data)), json.dumps(data, ensure_ascii=False)


def golden(name, t, source=None):
    cases = []
    for text in TEXTS:
        t.encode_special_tokens = False
        ids = t.encode(text, add_special_tokens=False).ids
        case = {"text": text, "ids": ids, "withSpecial": t.encode(text).ids,
                "decoded": t.decode(ids, skip_special_tokens=False), "skipped": t.decode(ids, skip_special_tokens=True)}
        t.encode_special_tokens = True
        case["unparsed"] = t.encode(text, add_special_tokens=False).ids
        cases.append(case)
    t.encode_special_tokens = False
    write(f"{name}/tokenizer.json", source or t.to_str())
    write(f"{name}/golden.json", cases)


split = lambda pattern: pre_tokenizers.Sequence([
    pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])

t = trained(pre_tokenizers.ByteLevel(add_prefix_space=False))
t.add_tokens([AddedToken("<tool>", lstrip=True, rstrip=True, normalized=False)])
golden("gpt2", t)

t, source = old_style_merges(trained(split(LLAMA3), seed=2))
data = json.loads(source)
data["model"]["ignore_merges"] = True
bos = {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}
data["post_processor"] = {"type": "Sequence", "processors": [
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
    {"type": "TemplateProcessing",
     "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
     "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
     "special_tokens": {"<|endoftext|>": bos}}]}
# A token that no merge makes: only ignore_merges finds it.
data["model"]["vocab"]["Ġxyzzy"] = len(data["model"]["vocab"])
TEXTS.append("say xyzzy")
source = json.dumps(data, ensure_ascii=False)
golden("llama3", Tokenizer.from_str(source), source)

t = trained(split(QWEN), normalizers.NFC(), seed=3)
t.add_tokens([AddedToken("Ang", normalized=True, single_word=True)])
golden("qwen", t)

t = trained(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                     pre_tokenizers.ByteLevel(add_prefix_space=False)]), seed=4)
golden("digits", t)

t = trained(pre_tokenizers.ByteLevel(add_prefix_space=True), normalizers.Sequence([normalizers.NFKC()]), seed=5)
golden("prefix", t)

# Training: the same text through BpeTrainer.
text = corpus(6, 400) + ["aaaa aaaaa aaa", "abababab bababa", "中中中中中中 文文文文"]
write("training/text.json", text)
for name, size, frequency in [("small", 400, 2), ("large", 1500, 2), ("rare", 3000, 5)]:
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(text, trainers.BpeTrainer(
        vocab_size=size, min_frequency=frequency, show_progress=False,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    data = json.loads(t.to_str())["model"]
    write(f"training/{name}.json", {
        "size": size, "frequency": frequency, "merges": data["merges"],
        "vocabulary": [token for token, _ in sorted(data["vocab"].items(), key=lambda item: item[1])]})

# Chat templates: the texts are those of well-known models.
WORKLOAD = ("{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] }}<|im_end|>\n"
            "{% endgeneration %}{% else %}{{ m['content'] }}<|im_end|>\n{% endif %}{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
OWN = ("{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
       "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}<|im_end|>{% endgeneration %}{{ '\\n' }}"
       "{% else %}{{ message['content'] }}<|im_end|>\n{% endif %}{% endfor %}"
       "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
PLAIN = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
         "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
SMOL = ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou are a helpful "
        "AI assistant named SmolLM, trained by Hugging Face<|im_end|>\\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\\n' + "
        "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
TOOLS = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are a helpful assistant.' }}
    {%- endif %}
    {{- "\\n\\n# Tools\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools>\\n{\\"name\\": <function-name>}\\n</tool_call><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "tool" %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
LLAMA = ("{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + "
         "'<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
         "{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}")
LLAMA_TRAINING = """{%- for message in messages %}
    {%- if loop.index0 == 0 %}{{- bos_token }}{%- endif %}
    {%- if message['role'] == 'assistant' %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
        {%- generation %}
        {{- message['content'] | trim + '<|eot_id|>' }}
        {%- endgeneration %}
    {%- else %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
ZEPHYR = ("{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\\n' + message['content'] + eos_token }}\n"
          "{% elif message['role'] == 'system' %}\n{{ '<|system|>\\n' + message['content'] + eos_token }}\n"
          "{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n"
          "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}")
FALLBACK = ("{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' }}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}")
says = lambda role, content: {"role": role, "content": content}
CONVERSATIONS = [
    [says("user", "What is a reward model?"), says("assistant", "It's a model of what people prefer.")],
    [says("system", "你是一个乐于助人的助手。"), says("user", "什么是微调？"), says("assistant", "在已有模型上继续训练。\n很简单！"),
     says("user", "谢谢 🙂"), says("assistant", "不客气。")],
    [says("user", "one"), says("assistant", ""), says("user", "  padded \n"), says("assistant", "trailing  \n")],
    [says("user", "only a question")],
]
special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "</s>"]
t = trained(pre_tokenizers.ByteLevel(add_prefix_space=False), special=special, size=420, seed=7)
for name, template, eos in [
    ("workload", WORKLOAD, "<|im_end|>"), ("own", OWN, "<|endoftext|>"), ("plain", PLAIN, "<|im_end|>"), ("smol", SMOL, "<|im_end|>"),
    ("tools", TOOLS, "<|im_end|>"), ("llama", LLAMA, "<|eot_id|>"), ("llama-training", LLAMA_TRAINING, "<|eot_id|>"),
    ("zephyr", ZEPHYR, "</s>"), ("fallback", FALLBACK, "</s>")]:
    tok = PreTrainedTokenizerFast(tokenizer_object=t, eos_token=eos, pad_token="<|endoftext|>", bos_token="<|begin_of_text|>")
    tok.chat_template = template
    cases = []
    for messages in CONVERSATIONS:
        whole = tok.apply_chat_template(messages, tokenize=True, return_dict=True, return_assistant_tokens_mask="{%- generation" in template or "{% generation" in template)
        cases.append({
            "messages": messages, "text": tok.apply_chat_template(messages, tokenize=False), "ids": whole["input_ids"],
            "mask": whole.get("assistant_masks"),
            "prompt": tok.apply_chat_template(messages[:1], tokenize=True, add_generation_prompt=True, return_dict=True)["input_ids"]})
    write(f"chat/{name}/chat_template.jinja", template)
    write(f"chat/{name}/tokenizer_config.json", {"bos_token": "<|begin_of_text|>", "eos_token": eos, "pad_token": {"content": "<|endoftext|>"}})
    write(f"chat/{name}/golden.json", cases)
write("chat/tokenizer.json", t.to_str())
