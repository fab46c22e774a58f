"""The conformance suite over virtual sensors: the suite itself keeps what it promises."""

from wattwhat.testing import BackendConformance, VirtualStand


class TestVirtual(BackendConformance):
    patience_s = 0.05

    def stand(self):
        return VirtualStand()
