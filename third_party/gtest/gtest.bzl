"""GoogleTest and GoogleMock, from the system."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def gtest_repository():
    pkg_config_repository(
        name = "gtest",
        debian = "libgtest-dev and libgmock-dev",
        libraries = {
            "gtest": pkg_config_library(module = "gtest"),
            "gmock": pkg_config_library(module = "gmock", deps = [":gtest"]),
            "gtest_main": pkg_config_library(module = "gtest_main", deps = [":gtest"]),
        },
    )
