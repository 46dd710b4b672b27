"""Exported GGUF files in llama.cpp: they load, cut text as we do, and say what our model says.

usage: python check_gguf.py RLHF [MODEL...]     RLHF: our binary; MODEL: folders (default: Fixtures/tiny, tiny-tied)
in an environment with llama-cpp-python 0.3.36 and numpy

Every type is exported and loaded. Bars: the tokens of a few texts are ours; with f32 and f16 the greedy tokens are
ours (f16: those of the weights rounded to f16, `rlhf export --type f16`), and where they part, it is at a tie of
logits closer than TIE of their spread; f32 log-probabilities agree within 1e-4 on average; perplexity of q8_0 is within
1% of f32's. Perplexities of the other types are printed. Ends with status 1 when a bar is missed.
"""
import json, os, subprocess, sys, tempfile

import llama_cpp, numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_k"]
GREEDY, TIE = 100, 1e-4
QUESTIONS = ["What does the model read?", "用户提什么问题？", "Write a list of three numbers: 1, 22, 333."]
TEXTS = ["The user asks and the assistant answers the question.", "模型读提示，然后写出回答。\n\n  It's 12345 o'clock,\tisn't it?",
         "def f(x):\n    return x ** 2  # don't\r\n", " leading space, trailing space ", "naïve café 🙂 Ünïcode"]
threads = os.cpu_count() or 2
failed = []


def bar(name, holds, text):
    print(f"{'ok    ' if holds else 'MISSED'} {name}: {text}", flush=True)
    if not holds: failed.append(name)


def rlhf(*arguments, **options):
    return subprocess.run([RLHF, *arguments], check=True, capture_output=True, text=True, **options).stdout


def load(path, context=256):
    # The cache in f32 as well: f16, the default, would move log-probabilities by some 1e-3.
    return llama_cpp.Llama(path, n_ctx=context, n_batch=context, type_k=0, type_v=0, n_threads=threads, n_threads_batch=threads, logits_all=True, verbose=False)


def score(folder, lines):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return [json.loads(line) for line in rlhf("score", folder, "-", input=text).splitlines()]


def log_probabilities(llama, tokens):
    """log p of every token but the first, natural logarithm."""
    llama.reset(); llama.eval(tokens)
    logits = np.array(llama.scores[:len(tokens)], np.float64)
    shifted = logits - logits.max(-1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return logp[np.arange(len(tokens) - 1), tokens[1:]], logits


def greedy(llama, prompt, count):
    """The likeliest tokens, and the logits of the place where each was taken."""
    llama.reset(); llama.eval(prompt)
    tokens, rows = [], []
    for _ in range(count):
        rows.append(np.array(llama.scores[llama.n_tokens - 1], np.float64))
        tokens.append(int(rows[-1].argmax())); llama.eval([tokens[-1]])
    return tokens, rows


def check_greedy(name, llama, folder):
    for number, question in enumerate(QUESTIONS):
        answer = json.loads(rlhf("chat", folder, "--prompt", question, "--temperature", "0", "--maximum-tokens", str(GREEDY), "--json"))
        ours = answer["tokens"]
        theirs, rows = greedy(llama, answer["prompt_tokens"], len(ours))
        parted = next((i for i in range(len(ours)) if ours[i] != theirs[i]), None)
        gap = 0 if parted is None else abs(rows[parted][theirs[parted]] - rows[parted][ours[parted]]) / np.ptp(rows[parted])
        text = f"{len(ours)} equal" if parted is None else f"{parted} of {len(ours)} equal, then a gap of {gap:.1e} of the logits' spread"
        bar(f"{name} greedy {number}", parted is None or gap < TIE, text)


def long_text(folder, limit):
    """Tokens of some hundred words: sentences that tiny was not far from, in two languages, in turn."""
    sentences = TEXTS[:2] + ["Training lowers the loss of the answer.", "LoRA trains two small matrices.", "用户提问，助手回答问题。"]
    pieces = [line["tokens"] for line in score(folder, [{"text": " " + sentence} for sentence in sentences])]
    return (sum(pieces, []) * 12)[:limit]


def check(folder, temporary):
    name = os.path.basename(os.path.normpath(folder))
    context = json.load(open(os.path.join(folder, "config.json")))["max_position_embeddings"]
    files = {}
    for kind in TYPES:
        files[kind] = os.path.join(temporary, f"{name}-{kind}.gguf")
        rlhf("export", folder, "--format", "gguf", "--type", kind, "-o", files[kind])
    halved = os.path.join(temporary, name + "-f16")
    rlhf("export", folder, "--type", "f16", "-o", halved)
    tokens = long_text(folder, min(context, 500))
    perplexities = {}
    for kind in TYPES:
        llama = load(files[kind], min(context, 1024))
        values, _ = log_probabilities(llama, tokens)
        perplexities[kind] = float(np.exp(-values.mean()))
        if kind == "f32":
            for text, ours in zip(TEXTS, score(folder, [{"text": text} for text in TEXTS])):
                theirs = llama.tokenize(text.encode(), add_bos=True, special=True)
                bar(f"{name} tokens", theirs == ours["tokens"], repr(text))
            own = np.array(score(folder, [{"tokens": tokens}])[0]["log_probabilities"])
            bar(f"{name} log-probabilities", np.abs(own - values).mean() < 1e-4, f"mean difference {np.abs(own - values).mean():.2e}, largest {np.abs(own - values).max():.2e}")
            check_greedy(f"{name} f32", llama, folder)
        if kind == "f16": check_greedy(f"{name} f16", llama, halved)
        llama.close()
    ratio = {kind: value / perplexities["f32"] for kind, value in perplexities.items()}
    bar(f"{name} q8_0", abs(ratio["q8_0"] - 1) < 0.01, f"perplexity over {len(tokens)} tokens, against f32's {perplexities['f32']:.4f}: "
        + ", ".join(f"{kind} {(value - 1) * 100:+.3f}%" for kind, value in ratio.items() if kind != "f32")
        + "; sizes " + ", ".join(f"{kind} {os.path.getsize(path) / 1e6:.2f} MB" for kind, path in files.items()))
    for path in files.values(): os.remove(path)


def check_tokenizers(temporary):
    """The other ways to cut text, under models of no use."""
    fixtures = os.path.join(HERE, "..", "TokenizersTests", "Fixtures")
    for name in ("gpt2", "digits", "llama3", "qwen"):
        folder, file = os.path.join(temporary, name), os.path.join(temporary, name + ".gguf")
        rlhf("init", folder, "--preset", "tiny", "--tokenizer", os.path.join(fixtures, name))
        rlhf("export", folder, "--format", "gguf", "-o", file)
        llama = load(file)
        ours = score(folder, [{"text": text} for text in TEXTS])
        for text, line in zip(TEXTS, ours):
            theirs = llama.tokenize(text.encode(), add_bos=True, special=True)
            bar(f"{name} tokens", theirs == line["tokens"], repr(text))
        llama.close()


if __name__ == "__main__":
    RLHF = os.path.abspath(sys.argv[1])
    models = sys.argv[2:] or [os.path.join(HERE, "Fixtures", name) for name in ("tiny", "tiny-tied")]
    with tempfile.TemporaryDirectory() as temporary:
        for model in models: check(model, temporary)
        check_tokenizers(temporary)
    print(f"{len(failed)} bars missed" if failed else "all bars held")
    sys.exit(1 if failed else 0)
