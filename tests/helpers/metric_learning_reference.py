"""The metric-learning losses once more, in NumPy and loop by loop, and batches on which they are singular."""

import numpy as np


def unit(embeddings):
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)


def distance(first, second, kind='l2'):
    """Between two rows; for `snr` the first one is the signal."""
    if kind == 'snr':
        return np.var(first - second) / np.var(first)
    squared = np.sum((first - second) ** 2)
    return squared if kind == 'squared_l2' else np.sqrt(squared)


def triplets(labels):
    """All rows of (anchor, positive, negative)."""
    rows = range(len(labels))
    return [
        (anchor, positive, negative)
        for anchor in rows
        for positive in rows
        for negative in rows
        if anchor != positive and labels[anchor] == labels[positive] and labels[anchor] != labels[negative]
    ]


def mean(values, reduction='mean'):
    """The mean of the values, or of those above 0; 0 where there is none."""
    kept = [value for value in values if value > 0 or reduction == 'mean']
    return np.mean(kept) if kept else 0.0


def contrastive(labels, embeddings, margin, kind='l2', reduction='mean', exponent=1):
    h = unit(embeddings)
    positive, negative = [], []
    for i in range(len(h)):
        for j in range(len(h)):
            d = distance(h[i], h[j], kind)
            if labels[i] != labels[j]:
                negative.append(max(0, margin - d) ** exponent)
            elif i != j:
                positive.append(d**exponent)
    return mean(positive, reduction) + mean(negative, reduction)


def triplet(labels, embeddings, margin, kind='l2', reduction='nonzero_mean', semihard=True, normalize=True):
    h = unit(embeddings) if normalize else embeddings
    losses = []
    for a, p, n in triplets(labels):
        gap = distance(h[a], h[n], kind) - distance(h[a], h[p], kind)
        if not semihard or 0 < gap <= margin:
            losses.append(max(0, margin - gap))
    return mean(losses, reduction)


def margin_loss(labels, embeddings, margin, beta):
    """With a β for each class."""
    h, costs = unit(embeddings), []
    for a, p, n in triplets(labels):
        costs.append(max(0, distance(h[a], h[p]) - beta[labels[a]] + margin))
        costs.append(max(0, beta[labels[a]] - distance(h[a], h[n]) + margin))
    return mean(costs, 'nonzero_mean')


def proxy_anchor(labels, embeddings, proxies, margin, scale):
    similarity = unit(embeddings) @ unit(proxies).T
    attraction, repulsion = [], []
    for p in range(len(proxies)):
        own = similarity[labels == p, p]
        other = similarity[labels != p, p]
        if len(own):
            attraction.append(np.log(1 + np.sum(np.exp(-scale * (own - margin)))))
        repulsion.append(np.log(1 + np.sum(np.exp(scale * (other + margin)))))
    return np.mean(attraction) + np.mean(repulsion)


def batch(seed=0, rows=12, dimension=5, classes=4):
    """Labels of shuffled classes of equal size, and embeddings of any length."""
    rng = np.random.default_rng(seed)
    return rng.permutation(np.arange(rows) % classes), rng.normal(size=(rows, dimension))


def _degenerate():
    labels, embeddings = batch(1, rows=6, classes=2)
    alike = np.repeat(embeddings[:1], 6, axis=0)
    return {
        'one class only': (np.zeros(6, int), embeddings),
        'no positives': (np.arange(6), embeddings),
        'all embeddings alike': (labels, alike),
        'all alike, of one class': (np.zeros(6, int), alike),
        'all alike, no positives': (np.arange(6), alike),
        'two rows alike': (labels, np.concatenate([embeddings[:1], embeddings[:1], embeddings[2:]])),
        'opposite rows': (labels, np.concatenate([embeddings[:3], -embeddings[:3]])),
        'zeros': (labels, np.zeros([6, 5])),
        'a row of zeros': (labels, embeddings * (np.arange(6) > 0)[:, None]),
        'a constant row': (labels, np.where((np.arange(6) > 0)[:, None], embeddings, 0.3)),
        'one entry': (labels, embeddings[:, :1]),
        'one row': (labels[:1] * 0, embeddings[:1]),
        'no row': (labels[:0], embeddings[:0]),
        'tiny': (labels, embeddings * 1e-12),
        'huge': (labels, embeddings * 1e12),
    }


DEGENERATE = _degenerate()
"""Labels, each below 6, and embeddings `[n, 5]` (but for `one entry`), by what is odd about them."""
