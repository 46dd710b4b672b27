"""Expected values of the pure functions of preference training and optimisation, on small random vectors.

dpo()         TRL 1.16's own DPOTrainer._compute_loss, called with made-up log-probabilities
ppo()         the rollout and loss arithmetic of TRL 0.24 (trainer/ppo_trainer.py, core.py), restated in torch line by line
optimisers()  torch.optim.AdamW and transformers.get_scheduler
"""
from collections import defaultdict
from types import SimpleNamespace
import torch, transformers
import torch.nn.functional as F
from trl import DPOTrainer

LOSSES = ["sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "apo_zero",
          "apo_down", "discopop", "sigmoid_norm"]
SORTED = ["aot", "aot_unpaired"]  # each value depends on the whole batch
DIVERGENCES = ["forward_kl", "js_divergence", "alpha_divergence"]


def dpo_loss(name, policy, reference, lengths, beta, smoothing, divergence="reverse_kl"):
    """TRL's mean loss. policy, reference: (chosen [N], rejected [N]) summed log-probabilities; lengths: completion tokens."""
    width = 1 + int(torch.cat(lengths).max())
    mask = (torch.arange(width)[None] >= 1) & (torch.arange(width)[None] <= torch.cat(lengths)[:, None])
    per_token = torch.zeros(mask.shape[0], width - 1).index_put((torch.arange(mask.shape[0]), torch.zeros(mask.shape[0], dtype=torch.long)), torch.cat(policy))
    zeros = torch.zeros_like(per_token)
    outputs = SimpleNamespace(log_probs=per_token, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool())
    keep = lambda x: x
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True), accelerator=SimpleNamespace(device="cpu", gather=keep, gather_for_metrics=keep),
        args=SimpleNamespace(discopop_tau=0.05), ld_alpha=None, aux_loss_enabled=False, precompute_ref_logps=True, use_weighting=False,
        f_divergence_type=divergence, f_alpha_divergence_coef=0.5, loss_types=[name], loss_weights=[1.0], beta=beta,
        label_smoothing=smoothing, _metrics=defaultdict(lambda: defaultdict(list)), _total_train_tokens=0, _tp_size=1)
    inputs = {"input_ids": torch.ones_like(mask, dtype=torch.long), "attention_mask": torch.ones_like(mask, dtype=torch.long),
              "completion_mask": mask.long(), "ref_chosen_logps": reference[0], "ref_rejected_logps": reference[1]}
    return DPOTrainer._compute_loss(trainer, lambda **_: outputs, inputs, False)


def dpo(count=8, beta=0.1, smoothing=0.1):
    g = torch.Generator().manual_seed(31)
    draw = lambda spread, shift: torch.randn(count, generator=g) * spread + shift
    reference = (draw(10, -60), draw(10, -55))
    policy = tuple((r + draw(12, s)).requires_grad_() for r, s in zip(reference, (3, -2)))
    lengths = tuple(torch.randint(3, 30, (count,), generator=g) for _ in range(2))
    losses = {}
    for key, name, divergence in [(n, n, "reverse_kl") for n in LOSSES] + [(f"sigmoid+{d}", "sigmoid", d) for d in DIVERGENCES]:
        loss = dpo_loss(name, policy, reference, lengths, beta, smoothing, divergence)
        grads = torch.autograd.grad(loss, policy)
        one = lambda i: float(dpo_loss(name, *[tuple(x[i:i + 1].detach() for x in pair) for pair in (policy, reference, lengths)], beta, smoothing, divergence))
        losses[key] = {"mean": loss.item(), "values": None if name in SORTED else [one(i) for i in range(count)],
                       "grad_chosen": grads[0].tolist(), "grad_rejected": grads[1].tolist()}
    # Conservative DPO (TRL 0.24's sigmoid with label smoothing), which TRL 1.16 no longer has.
    delta = (policy[0] - reference[0]) - (policy[1] - reference[1])
    values = -F.logsigmoid(beta * delta) * (1 - smoothing) - F.logsigmoid(-beta * delta) * smoothing
    grads = torch.autograd.grad(values.mean(), policy)
    losses["sigmoid_smoothed"] = {"mean": values.mean().item(), "values": values.tolist(), "grad_chosen": grads[0].tolist(), "grad_rejected": grads[1].tolist()}
    return {"beta": beta, "label_smoothing": smoothing, "discopop_tau": 0.05, "f_alpha_divergence_coef": 0.5,
            "policy_chosen": policy[0].tolist(), "policy_rejected": policy[1].tolist(), "reference_chosen": reference[0].tolist(),
            "reference_rejected": reference[1].tolist(), "chosen_logratios": (policy[0] - reference[0]).tolist(),
            "rejected_logratios": (policy[1] - reference[1]).tolist(), "chosen_lengths": lengths[0].tolist(),
            "rejected_lengths": lengths[1].tolist(), "losses": losses}


def masked_mean(values, mask):
    return (values * mask).sum() / mask.sum()


def masked_whiten(values, mask, shift_mean=True):
    mean = masked_mean(values, mask)
    var = masked_mean((values - mean) ** 2, mask) * (mask.sum() / (mask.sum() - 1))
    whitened = (values - mean) * torch.rsqrt(var + 1e-8)
    return whitened if shift_mean else whitened + mean


def gae(rewards, values, gamma, lam):
    last, reversed_ = 0, []
    for t in reversed(range(rewards.shape[1])):
        following = values[:, t + 1] if t < rewards.shape[1] - 1 else 0.0
        last = rewards[:, t] + gamma * following - values[:, t] + gamma * lam * last
        reversed_.append(last)
    advantages = torch.stack(reversed_[::-1], dim=1)
    return advantages, advantages + values


def ppo(rows=4, width=7, kl_coef=0.05, clip=0.2, value_clip=0.2, vf_coef=0.1):
    g = torch.Generator().manual_seed(32)
    draw = lambda spread=1.0, shift=0.0: torch.randn(rows, width, generator=g) * spread + shift
    last = torch.tensor([6, 3, 5, 0])  # index of each response's last token
    index = torch.arange(width).repeat(rows, 1)
    padding, padding_p1 = index > last[:, None], index > last[:, None] + 1
    logp = draw(0.5, -2).masked_fill(padding, 1.0)  # 1.0: TRL's INVALID_LOGPROB
    logp_ref = (logp + draw(0.3)).masked_fill(padding, 1.0)
    values = draw().masked_fill(padding_p1, 0)
    scores = torch.randn(rows, generator=g)
    end = torch.where(last + 1 < width, last + 1, last)
    logr = logp_ref - logp
    kl = {"k1": -logr, "k3": (logr.exp() - 1) - logr}
    out = {"input": {"last": last.tolist(), "logprobs": logp.tolist(), "ref_logprobs": logp_ref.tolist(), "values": values.tolist(),
                     "scores": scores.tolist(), "kl_coef": kl_coef, "clip": clip, "value_clip": value_clip, "vf_coef": vf_coef},
           "mask": (~padding).int().tolist(), "mask_value": (~padding_p1).int().tolist(), "kl": {k: v.tolist() for k, v in kl.items()}}
    for name, estimate in kl.items():
        rewards = -kl_coef * estimate
        rewards[torch.arange(rows), end] += scores
        out.setdefault("rewards", {})[name] = rewards.tolist()
        out.setdefault("rewards_whitened", {})[name] = masked_whiten(rewards, ~padding_p1, shift_mean=False).masked_fill(padding_p1, 0).tolist()
    rewards = torch.tensor(out["rewards"]["k1"])
    out["gae"] = []
    for gamma, lam in [(1.0, 0.95), (0.99, 0.9), (1.0, 1.0), (1.0, 0.0)]:
        advantages, returns = gae(rewards, values, gamma, lam)
        white = masked_whiten(advantages, ~padding).masked_fill(padding, 0)
        out["gae"].append({"gamma": gamma, "lambda": lam, "advantages": advantages.tolist(), "returns": returns.tolist(), "advantages_whitened": white.tolist()})
    advantages, returns = torch.tensor(out["gae"][0]["advantages_whitened"]), torch.tensor(out["gae"][0]["returns"])
    new_logp = (logp + draw(0.3)).masked_fill(padding, 1.0).requires_grad_()
    new_values = (values + draw(0.4)).masked_fill(padding_p1, 0).requires_grad_()
    ratio = torch.exp(new_logp - logp)
    unclipped, clipped = -advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip)
    policy_loss = masked_mean(torch.max(unclipped, clipped), ~padding)
    squares = torch.square(new_values - returns)
    squares_clipped = torch.square(torch.clamp(new_values, values - value_clip, values + value_clip) - returns)
    value_loss = 0.5 * masked_mean(torch.max(squares, squares_clipped), ~padding_p1)
    (policy_loss + vf_coef * value_loss).backward()
    out["loss"] = {"new_logprobs": new_logp.tolist(), "new_values": new_values.tolist(), "advantages": advantages.tolist(), "returns": returns.tolist(),
                   "policy_loss": policy_loss.item(), "value_loss": value_loss.item(), "loss": (policy_loss + vf_coef * value_loss).item(),
                   "grad_logprobs": new_logp.grad.tolist(), "grad_values": new_values.grad.tolist(),
                   "policy_clip_fraction": masked_mean((clipped > unclipped).float(), ~padding).item(),
                   "value_clip_fraction": masked_mean((squares_clipped > squares).float(), ~padding_p1).item()}
    return out


def optimisers(size=6, steps=5):
    g = torch.Generator().manual_seed(33)
    start, grads = torch.randn(size, generator=g), torch.randn(steps, size, generator=g)
    runs = []
    for decay, betas in [(0.0, (0.9, 0.999)), (0.1, (0.9, 0.95))]:
        p = start.clone().requires_grad_()
        adamw, after = torch.optim.AdamW([p], lr=0.01, betas=betas, eps=1e-8, weight_decay=decay), []
        for grad in grads:
            p.grad = grad.clone(); adamw.step(); after.append(p.tolist())
        runs.append({"settings": {"lr": 0.01, "betas": betas, "eps": 1e-8, "weight_decay": decay}, "after": after})
    schedules, total, warmup = {}, 20, 4
    for name in ["constant", "constant_with_warmup", "linear", "cosine"]:
        sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-3)
        schedule = transformers.get_scheduler(name, sgd, num_warmup_steps=warmup, num_training_steps=total)
        rates = []
        for _ in range(total):
            rates.append(sgd.param_groups[0]["lr"]); sgd.step(); schedule.step()
        schedules[name] = {"settings": {"lr": 1e-3, "warmup_steps": 0 if name == "constant" else warmup, "total_steps": total}, "lr": rates}
    return {"adamw": {"start": start.tolist(), "grads": grads.tolist(), "runs": runs}, "schedules": schedules}
