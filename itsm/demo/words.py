"""Plain words for the demonstration's passphrases: four of them give some 31 bits. Not for real accounts."""

from typing import Final

_TEXT = """
acorn album amber anchor apple apron arbor arrow aspen attic autumn badge bagel bakery balcony bamboo banner
barley basil basket beacon bench berry birch biscuit blanket blossom border bottle bramble branch bread breeze
bridge bronze brook bucket button cabin cactus candle canvas canyon carbon carpet cedar cello chalk cherry
chimney cinder circle citrus clover cobalt cocoa comet compass copper coral cotton cradle crane crayon cricket
crystal curtain cushion daisy dapple delta denim desert dolphin drawer driftwood eagle easel ebony ember
engine fabric falcon feather fennel fern ferry fiddle finch flannel flask flint forest fossil fountain freckle
galaxy garden garlic ginger glacier glider goblet granite grape gravel guitar hammock harbor harvest hazel
heather helmet heron hickory honey horizon igloo indigo iris island ivory ivy jacket jasmine jigsaw juniper
kayak kettle kiosk kitten ladder lagoon lantern lark lattice laurel lemon lentil lilac linen lizard lobster
locket lotus lumber magnet mango mantle maple marble marigold market meadow melon mirror mitten mosaic moss
muffin mulberry nectar needle nettle nickel nutmeg oak oasis oatmeal ocean olive onyx opal orbit orchard
orchid otter oyster paddle pancake paper parcel parsley pastel peach pearl pebble pelican pepper petal piano
pillow pine plaza plum pocket poplar poppy prairie pretzel prism pumpkin quartz quilt quiver rabbit raft
raisin raven ribbon ridge river robin rocket rosemary ruby saddle saffron sage sandal sapphire satin scarf
shadow shell shovel silver sketch slate sparrow spruce squash starling stone summit sundial swallow tablet
tangerine teapot thimble thistle thunder timber topaz trellis tulip tundra turnip umbrella valley vanilla
velvet violet walnut whistle willow window winter yarrow zephyr
"""
WORDS: Final = tuple(_TEXT.split())
