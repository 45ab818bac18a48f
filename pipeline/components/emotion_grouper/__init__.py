"""EmotionGrouper: Otsu's threshold of emotional intensity, and every example tagged with its group."""

from pipeline.components.emotion_grouper.component import EmotionGrouper

__all__ = ['EmotionGrouper']
