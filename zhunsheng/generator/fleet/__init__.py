"""A fleet of vehicles and fridges as their loggers would speak, with planted stories, look-alikes and a key apart."""

from zhunsheng.generator.fleet.deliver import Made, deliver
from zhunsheng.generator.fleet.make import Fleet, make
from zhunsheng.generator.fleet.replay import Message, replayed
from zhunsheng.generator.fleet.stories import LOOK_ALIKES, STORIES

__all__ = ["LOOK_ALIKES", "STORIES", "Fleet", "Made", "Message", "deliver", "make", "replayed"]
