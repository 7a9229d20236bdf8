from __future__ import annotations

import re

from setuptools import find_packages
from setuptools import setup

# Where the repository is published ("https://example.org/me/flake8-artifact-pin"): whoever uploads writes it here.
URL = ""


def long_description(url: str) -> str:
    """Return README.md as an index shows it: relative links lead to the repository, or there are none."""
    with open("README.md", encoding="utf-8") as file:
        text = file.read()
    if not url:
        text = re.sub(r"^!\[[^]]*\]\((?!https?:)[^)]*\)\n+", "", text, flags=re.MULTILINE)
        return re.sub(r"\[([^]]*)\]\((?!https?:|#)[^)]*\)", r"\1", text)
    text = re.sub(r"(!\[[^]]*\]\()(?!https?:)", rf"\1{url}/raw/HEAD/", text)
    return re.sub(r"((?<!!)\[[^]]*\]\()(?!https?:|#)", rf"\1{url}/blob/HEAD/", text)


setup(
    name="flake8-artifact-pin",
    version="1.0.0",
    description="A flake8 extension and command that let no new artifact in object storage go by undecided.",
    long_description=long_description(URL),
    long_description_content_type="text/markdown",
    author="the flake8-artifact-pin maintainers",
    url=URL or None,
    project_urls={"Changelog": f"{URL}/blob/HEAD/CHANGELOG.md", "Source": URL} if URL else {},
    license_expression="MIT",
    license_files=["LICENSE"],
    keywords=["artifacts", "data pipeline", "flake8", "linter", "object storage", "s3"],
    packages=find_packages(include=["flake8_artifact_pin*"]),
    package_data={"flake8_artifact_pin": ["artifact-pins.schema.json", "docs/*.md", "py.typed"]},
    python_requires=">=3.10",
    install_requires=[
        "flake8>=5",
        # earlier ones do not run on it
        'flake8>=6.1; python_version >= "3.14"',
        # before, a key of many parts took quadratic time
        "tomli>=2.4.1",
    ],
    extras_require={"yaml": ["PyYAML>=6"]},
    entry_points={
        "console_scripts": ["flake8-artifact-pin = flake8_artifact_pin.cli.main:main"],
        "flake8.extension": ["APR = flake8_artifact_pin.checker:ArtifactPinChecker"],
        "flake8.report": ["artifact-pin = flake8_artifact_pin.reporter:ArtifactPinReporter"],
    },
    classifiers=[
        "Development Status :: 5 - Production/Stable",
        "Environment :: Console",
        "Framework :: Flake8",
        "Intended Audience :: Developers",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Programming Language :: Python :: 3.15",
        "Topic :: Software Development :: Quality Assurance",
        "Typing :: Typed",
    ],
)
