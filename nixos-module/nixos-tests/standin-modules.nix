# The boot tests' stand-ins for NVIDIA's modules, built for a kernel of nixpkgs.
{
  stdenv,
  kernel,
  version,
}:

stdenv.mkDerivation {
  pname = "nvidia-standin-modules";
  version = "${version}-${kernel.version}";
  src = ../../qemu-tests/guest/standin;

  hardeningDisable = [ "pic" ];
  nativeBuildInputs = kernel.moduleBuildDependencies;

  buildPhase = ''
    runHook preBuild
    make -C ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build M=$PWD \
      STANDIN_VARIANT=open STANDIN_VERSION=${version} \
      CONFIG_DEBUG_INFO_BTF_MODULES= modules
    runHook postBuild
  '';

  # nouveau and simpledrm would come in the way of the kernel's own.
  installPhase = ''
    runHook preInstall
    install -D --mode=444 \
      --target-directory=$out/lib/modules/${kernel.modDirVersion}/extra nvidia*.ko pcispoof.ko
    runHook postInstall
  '';
}
