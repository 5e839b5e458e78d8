# Read by verifier/build-static and verifier/dist/packages/build, in the workspace's
# folder: what rustc (`remap`) and C compilers (`remap_c`) are told so that no path of
# this machine stands in a program. Panic messages hold paths otherwise, and a signed
# image would differ from one that somebody else makes of the same sources.
registry=${CARGO_HOME:-$HOME/.cargo}
remap="--remap-path-prefix=$registry=/cargo --remap-path-prefix=$PWD=/src"
# shellcheck disable=SC2034 # the second of the readers' needs
remap_c="-ffile-prefix-map=$registry=/cargo -ffile-prefix-map=$PWD=/src"
