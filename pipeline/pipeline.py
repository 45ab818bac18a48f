"""Raw faces → examples → statistics and schema → Otsu groups → training → servable → gate → pushed model."""

from __future__ import annotations

import dataclasses
import pathlib

from tfx import v1 as tfx
from tfx.types import standard_artifacts

from pipeline import data_validation, evaluation, source
from pipeline import trainer as trainer_module
from pipeline.baseline import OtherBlessedModel
from pipeline.components.emotion_grouper import EmotionGrouper
from pipeline.components.face_example_gen import FaceExampleGen
from pipeline.components.face_example_validator import FaceExampleValidator
from pipeline.components.servable_validator import ServableValidator
from pipeline.components.version_pusher import VersionPusher
from pipeline.configs import PIPELINE_NAME, Settings


@dataclasses.dataclass(frozen=True)
class ManagedEngine:
    """An engine that keeps the metadata itself, and runs neither drivers nor resolver strategies of ours.

    Without FaceExampleGen's driver nothing notices that the data set has changed, so there is no cache. And without a
    cache a candidate is always a new model, so that the stock strategy never compares it with itself.

    Attributes:
        root: where the engine puts artifacts.
        schema: the curated schema, where the components run.
    """

    root: str
    schema: pathlib.PurePath


def create_pipeline(settings: Settings, engine: ManagedEngine | None = None) -> tfx.dsl.Pipeline:
    """Wires the pipeline.

    Args:
        settings: of the run.
        engine: what the pipeline is compiled for; None where it runs here.

    Returns:
        The pipeline; nothing is read or written yet.
    """
    # Faces on disk become examples; an image that does not decode goes to the quarantine.
    example_gen = FaceExampleGen(
        layout=settings.dataset,
        root=str(settings.faces),
        seed=settings.seed,
        fold=settings.fold,
        faces=settings.config.faces,
        max_bad_fraction=settings.max_bad_fraction,
        quarantine_file=str(settings.quarantine),
    )

    # The curated schema says what an example must look like. An anomaly stops the run.
    schema_gen = tfx.components.ImportSchemaGen(schema_file=str(engine.schema if engine else data_validation.SCHEMA))
    statistics_gen = tfx.components.StatisticsGen(
        examples=example_gen.outputs['examples'], schema=schema_gen.outputs['schema']
    )
    example_validator = FaceExampleValidator(
        statistics=statistics_gen.outputs['statistics'], schema=schema_gen.outputs['schema']
    )

    # Otsu's threshold of the training people's emotional intensity parts strong emotion from weak, in every split.
    grouper = EmotionGrouper(examples=example_gen.outputs['examples'])
    grouper.add_upstream_node(example_validator)
    grouped = grouper.outputs['grouped_examples']

    # Grouped examples are checked like ingested ones.
    grouped_statistics_gen = tfx.components.StatisticsGen(
        examples=grouped, schema=schema_gen.outputs['schema']
    ).with_id('GroupedStatisticsGen')
    grouped_validator = FaceExampleValidator(
        statistics=grouped_statistics_gen.outputs['statistics'],
        schema=schema_gen.outputs['schema'],
        environment=data_validation.GROUPED,
    ).with_id('GroupedExampleValidator')

    # Training learns from train and selects the epoch on eval; test is not touched.
    trainer = tfx.components.Trainer(
        run_fn=f'{trainer_module.__name__}.{trainer_module.run_fn.__name__}',
        examples=grouped,
        schema=schema_gen.outputs['schema'],
        hyperparameters=grouper.outputs['hyperparameters'],
        train_args=tfx.proto.TrainArgs(splits=['train']),
        eval_args=tfx.proto.EvalArgs(splits=['eval']),
        custom_config={
            'config': settings.config.to_dict(),
            'backup_root': str(settings.out / 'backup'),
            'code': source.code_digest(trainer_module.__name__),
            # The weights may lie where only the engine sees them.
            'weights': '' if engine else source.weights_digest(settings.config),
        },
    )
    trainer.add_upstream_node(grouped_validator)
    model = trainer.outputs['model']

    # The export must answer real requests in a fresh process.
    servable_validator = ServableValidator(model=model, examples=grouped, split=evaluation.SPLIT)

    # The gate: on people never seen, good enough, and not worse than the model blessed before.
    baseline = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy if engine else OtherBlessedModel,
        **({} if engine else {'candidate': model}),
        model=tfx.dsl.Channel(type=standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=standard_artifacts.ModelBlessing),
    ).with_id('Baseline')
    evaluator = tfx.components.Evaluator(
        examples=grouped,
        example_splits=[evaluation.SPLIT],
        model=model,
        baseline_model=baseline.outputs['model'],
        schema=schema_gen.outputs['schema'],
        eval_config=evaluation.eval_config(settings.gate),
    )
    evaluator.add_upstream_node(servable_validator)

    # With both blessings the model becomes a new version, once.
    pusher = VersionPusher(
        model=model,
        model_blessing=evaluator.outputs['blessing'],
        infra_blessing=servable_validator.outputs['blessing'],
        base_directory=str(settings.serving),
    )

    # What TFX takes as unchanging. Ingestion and training have their code among their properties already.
    schema_gen.exec_properties['content'] = '' if engine else source.content_digest(data_validation.SCHEMA)
    for component in (example_validator, grouper, grouped_validator, servable_validator):
        component.exec_properties['code'] = source.code_digest(component.EXECUTOR_SPEC.executor_class.__module__)
    evaluator.exec_properties['code'] = source.code_digest(*evaluation.METRIC_MODULES)

    return tfx.dsl.Pipeline(
        pipeline_name=PIPELINE_NAME,
        pipeline_root=engine.root if engine else str(settings.out / 'artifacts'),
        metadata_connection_config=None
        if engine
        else tfx.orchestration.metadata.sqlite_metadata_connection_config(str(settings.out / 'metadata.sqlite')),
        components=[
            example_gen,
            schema_gen,
            statistics_gen,
            example_validator,
            grouper,
            grouped_statistics_gen,
            grouped_validator,
            trainer,
            servable_validator,
            baseline,
            evaluator,
            pusher,
        ],
        enable_cache=engine is None,
        beam_pipeline_args=list(settings.beam_args),
    )
