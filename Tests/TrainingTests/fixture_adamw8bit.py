"""Expected steps of bitsandbytes' AdamW8bit on a CPU, over values and gradients that are given by formulas.

usage: python fixture_adamw8bit.py     in an environment with bitsandbytes==0.50.2 and torch==2.13.0; writes Fixtures/adamw8bit.json

A parameter of 21 blocks, the last not whole, and one of 4,095 elements, which stays in f32. Kept are every 37th value, code and all maxima.
"""
import json, os
import bitsandbytes, torch

COUNT, SMALL, STEPS, EVERY = 5300, 4095, 6, 37
SETTINGS = {"lr": 0.01, "betas": [0.9, 0.99], "eps": 1e-8, "weight_decay": 0.1}
numbers = lambda count, f: torch.tensor([f(i) for i in range(count)], dtype=torch.float64).float()
start = lambda count: numbers(count, lambda i: ((i * 7919) % 2003 - 1001) / 4096)
# Neighbours differ by up to 2^14, as gradients do; every ninth is zero in every step.
gradient = lambda count, step: numbers(count, lambda i: 0 if i % 9 == 4 else ((i * 104729 + step * 7907) % 4001 - 2000) / 2048 * 2.0 ** -(i % 15))


def expected():
    large, small = (torch.nn.Parameter(start(n).reshape(-1, 1)) for n in (COUNT, SMALL))
    optimizer = bitsandbytes.optim.AdamW8bit([large, small], lr=SETTINGS["lr"], betas=tuple(SETTINGS["betas"]), eps=SETTINGS["eps"], weight_decay=SETTINGS["weight_decay"])
    steps = []
    for step in range(STEPS):
        for p in (large, small): p.grad = gradient(p.numel(), step).reshape(-1, 1)
        optimizer.step()
        state = optimizer.state[large]
        pick = lambda t: t.detach().flatten()[::EVERY].tolist()
        steps.append({"large": pick(large), "small": pick(small), "first": pick(state["state1"]), "second": pick(state["state2"]),
                      "first_maxima": state["absmax1"].tolist(), "second_maxima": state["absmax2"].tolist()})
    assert optimizer.state[small]["state1"].dtype == torch.float32
    return {"settings": SETTINGS, "count": COUNT, "small": SMALL, "every": EVERY, "steps": steps}


if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures", "adamw8bit.json"), "w") as f: json.dump(expected(), f, separators=(",", ":"))
