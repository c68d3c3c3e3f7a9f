"""The process that downloads: ``python -m fiji_bridge.fetch jars COORDINATE…`` or ``… fetch java VERSION``.

It is a separate process because the code that it calls has no time limit. The answer is the last line of stdout, as
JSON.
"""

import json
import sys
from typing import Any


def jars(coordinates: list[str]) -> dict[str, Any]:
    """Resolve Maven coordinates, of which the first determines the versions of the others, and list the jar files.

    Raises
    ------
    RuntimeError
        When nothing is found for them.
    """
    import jgo
    import jgo.maven
    import scyjava.config

    environment = jgo.build(
        endpoint="+".join(coordinates),
        cache_dir=scyjava.config.get_cache_dir(),
        repositories=scyjava.config.get_repositories(),
        resolver=jgo.maven.PythonResolver(lenient=True),
    )
    folders = (environment.modules_dir, environment.jars_dir)
    found = sorted(str(jar) for folder in folders for jar in folder.glob("*.jar"))
    if not found:
        raise RuntimeError(f"nothing was found for {coordinates[0]}")
    return {"jars": found}


def java(version: str) -> dict[str, Any]:
    """Download a Java of Zulu into the cache of cjdk."""
    import cjdk

    return {"home": str(cjdk.java_home(vendor="zulu-jre", version=version))}


def main(arguments: list[str]) -> None:
    """Run ``jars COORDINATE…`` or ``java VERSION``."""
    print(json.dumps(jars(arguments[1:]) if arguments[0] == "jars" else java(arguments[1])))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
