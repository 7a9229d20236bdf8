from __future__ import annotations

from setuptools import find_packages
from setuptools import setup

with open("README.md", encoding="utf-8") as file:
    readme = file.read()

setup(
    name="flake8-artifact-pin",
    version="1.0.0",
    description="A flake8 extension that lets no new S3 artifact go by undecided.",
    long_description=readme,
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["flake8_artifact_pin*"]),
    package_data={"flake8_artifact_pin": ["py.typed"]},
    python_requires=">=3.10",
    install_requires=["flake8>=5", "tomli>=2.2"],
    extras_require={"prune": ["tomlkit>=0.15"], "yaml": ["PyYAML>=6"]},
    entry_points={
        "console_scripts": ["flake8-artifact-pin = flake8_artifact_pin.cli.main:main"],
        "flake8.extension": ["APR = flake8_artifact_pin.checker:ArtifactPinChecker"],
        "flake8.report": ["artifact-pin = flake8_artifact_pin.reporter:ArtifactPinReporter"],
    },
    classifiers=[
        "Environment :: Console",
        "Framework :: Flake8",
        "Intended Audience :: Developers",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Software Development :: Quality Assurance",
    ],
)
