"""Packaging of CAFER-TF; Beam also ships this file to its workers (`--setup_file`)."""

import pathlib

import setuptools

ROOT = pathlib.Path(__file__).resolve().parent
README = ROOT / 'README.md'


def read_version() -> str:
    scope: dict[str, str] = {}
    exec((ROOT / 'cafer_tf' / 'version.py').read_text(encoding='utf-8'), scope)
    return scope['__version__']


LIBRARY = [
    'h5py>=3',
    'joblib>=1.4',
    'keras==2.15.0',
    'matplotlib>=3.8,<4',
    'numba>=0.60,<0.63',
    'numpy>=1.26,<2',
    'pillow>=10',
    'scikit-image>=0.25,<0.26',
    'scipy>=1.11',
    'tensorflow==2.15.1',
    'tensorflow-addons==0.23.0',
    'tqdm>=4.66',
]
PIPELINE = [
    'apache-beam==2.56.0',
    'click>=8.1,<8.2',
    'grpcio>=1.60',
    'ml-metadata==1.15.0',
    'pip',  # the stock tfx command runs `pip freeze`
    'protobuf==3.20.3',
    'tensorflow-data-validation==1.15.1',
    'tensorflow-model-analysis==0.46.0',
    'tensorflow-serving-api==2.15.1',
    'tfx==1.15.1',
]
FACES = ['lz4', 'mtcnn==1.0.0']
VIDEO = ['av>=15']
CLIENT = ['requests>=2.31']
APP = ['fastapi>=0.115', 'uvicorn>=0.30']
EXPORT = ['onnx>=1.16,<1.18', 'onnxruntime>=1.18', 'tf2onnx>=1.16']
DOCS = [
    'mkdocs>=1.6',
    'mkdocs-material>=9.5',
    'mkdocstrings[python]>=0.26',
    'pymdown-extensions<12',  # 12 breaks mkdocstrings 1.0
]
DEVELOPMENT = [
    'build>=1.2',
    'httpx>=0.27',
    'hypothesis>=6',
    'import-linter>=2',
    'mypy>=1.13',
    'nbmake>=1.5',
    'playwright>=1.45',
    'pytest>=8',
    'pytest-xdist>=3',
    'pyyaml>=6',
    'ruff>=0.8',
    'setuptools<80',
    'uv>=0.5',
    'wheel',
]

setuptools.setup(
    name='cafer-tf',
    version=read_version(),
    description='Person-independent facial emotion models: contrastive adversarial learning in Keras and TFX',
    long_description=README.read_text(encoding='utf-8') if README.exists() else '',
    long_description_content_type='text/markdown',
    license_expression='Apache-2.0',
    license_files=['LICENSE'],
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3 :: Only',
        'Programming Language :: Python :: 3.10',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    keywords='facial expression, valence, arousal, affect, contrastive learning, adversarial learning, tensorflow, tfx',
    python_requires='>=3.10,<3.11',
    # `schemas` holds data only, but as a package it stands beside `pipeline` wherever that is: in a checkout, in an
    # installed wheel, and on a Beam worker.
    packages=[
        *setuptools.find_packages(include=['cafer_tf', 'cafer_tf.*', 'pipeline', 'pipeline.*']),
        *setuptools.find_namespace_packages(include=['schemas.*']),
    ],
    # Said so that the editable project is a path, not an import hook: a hook comes last, after `tests/pipeline`.
    package_dir={'': '.'},
    package_data={'': ['*.html', '*.json', '*.npz', 'assets/*', 'py.typed'], 'schemas.face_affect': ['*.pbtxt']},
    include_package_data=False,
    install_requires=LIBRARY + PIPELINE,
    extras_require={
        'app': APP,
        'client': CLIENT,
        'dev': DEVELOPMENT,
        'docs': DOCS,
        'export': EXPORT,
        'faces': FACES,
        'gpu': ['tensorflow[and-cuda]==2.15.1'],
        'kubeflow': ['tfx[kfp]==1.15.1'],  # moves other pins, so it has a lock file of its own
        'video': VIDEO,
    },
    entry_points={'console_scripts': ['cafer=cafer_tf.cli:main', 'tfx=pipeline.tfx_cli:main']},
    zip_safe=False,
)
