"""ICU, from the system: the one that V8 is linked to, so that whoever links V8 has it loaded already."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def icu_repository():
    pkg_config_repository(
        name = "icu",
        debian = "libicu-dev",
        libraries = {"uc": pkg_config_library(module = "icu-uc")},
    )
