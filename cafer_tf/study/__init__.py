"""The ablation study of person independence, on rendered people whose identity and emotion are known.

`benchmarks/person_independence.py` runs it; docs/study.md says what came of it.
"""
