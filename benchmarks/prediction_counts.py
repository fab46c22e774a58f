"""Operations, activations and parameters of the image classifiers of strep's table, counted by ourselves.

By `wattwhat.workloads.counting.count` on the meta device, one image, the architectures of timm 1.0.31 at the
image size of each; strep's own column of operations is broken for networks with depthwise convolutions.
"""

from __future__ import annotations

from wattwhat.workloads.counting import Counts

METHOD = "wattwhat.workloads.counting on timm 1.0.31"

# name: image size, FLOPs (2 a multiply-accumulate), activations of convolutions, of products, parameters
ROWS = {
    "DenseNet121": (224, 5_668_323_328, 6_899_200, 1_000, 7_978_856),
    "DenseNet169": (224, 6_719_686_656, 7_300_608, 1_000, 14_149_480),
    "DenseNet201": (224, 8_582_731_776, 7_852_544, 1_000, 20_013_928),
    "EfficientNetB0": (224, 771_629_504, 6_747_036, 1_000, 5_288_548),
    "EfficientNetB1": (240, 1_373_605_664, 10_883_328, 1_000, 7_794_184),
    "EfficientNetB2": (260, 1_987_123_744, 13_831_834, 1_000, 9_109_994),
    "EfficientNetB3": (300, 3_654_282_784, 23_830_296, 1_000, 12_233_232),
    "EfficientNetB4": (380, 8_787_542_048, 49_488_032, 1_000, 19_341_616),
    "EfficientNetB5": (456, 20_532_769_504, 98_856_400, 1_000, 30_389_784),
    "EfficientNetB6": (528, 38_135_187_072, 167_392_400, 1_000, 43_040_704),
    "EfficientNetB7": (600, 75_491_768_384, 289_938_464, 1_000, 66_347_960),
    "InceptionResNetV2": (299, 26_311_588_032, 25_058_976, 1_000, 55_843_464),
    "InceptionV3": (299, 11_426_432_192, 8_967_488, 1_000, 23_834_568),
    "MobileNetV2": (224, 601_548_544, 6_678_112, 1_000, 3_504_872),
    "MobileNetV3Large": (224, 433_179_520, 4_406_168, 1_000, 5_483_032),
    "MobileNetV3Small": (224, 113_020_800, 1_416_680, 1_000, 2_542_856),
    "RegNetX32GF": (224, 63_471_859_584, 36_301_160, 1_000, 107_811_560),
    "RegNetX400MF": (224, 827_625_216, 3_173_632, 1_000, 5_495_976),
    "RegNetX8GF": (224, 15_990_264_832, 14_058_688, 1_000, 39_572_648),
    "ResNet50": (224, 8_178_368_512, 11_113_984, 1_000, 25_557_032),
    "ResNet101": (224, 15_602_810_880, 16_231_936, 1_000, 44_549_160),
    "ResNet152": (224, 23_027_253_248, 22_554_112, 1_000, 60_192_808),
    "ResNext50": (224, 8_460_959_744, 14_400_512, 1_000, 25_028_904),
    "ResNext101": (224, 32_828_030_976, 31_209_472, 1_000, 88_791_336),
    "VGG16": (224, 30_940_528_640, 13_555_712, 1_000, 138_357_544),
    "VGG19": (224, 39_264_124_928, 14_860_288, 1_000, 143_667_240),
    "Xception": (299, 16_714_806_992, 35_824_968, 1_000, 22_855_952),
}


def counts_of(name: str, batch: int) -> Counts:
    """The counts of one call on a batch."""
    _, flops, convolutions, products, parameters = ROWS[name]
    return Counts(
        flops=flops * batch,
        activations_conv=convolutions * batch,
        activations_matmul=products * batch,
        parameters=parameters,
        weight_bytes=4 * parameters,
        method=METHOD,
        items=batch,
    )
