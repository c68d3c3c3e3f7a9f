from .movies import CombineResult as CombineResult
from .movies import combine as combine
