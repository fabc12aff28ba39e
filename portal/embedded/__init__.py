"""PostgreSQL and Valkey from wheels, for machines where DATABASE_URL and REDIS_URL name no server.

Every process that needs them holds a shared lock on the data folder. One keeper process owns both servers and ends them
when nobody holds that lock any more, so that neither a clean exit nor ``kill -9`` of everything leaves anything behind.
"""

from portal.embedded.places import data_dir, database_url, local_secret, redis_url
from portal.embedded.use import Servers, start_for_command

__all__ = ["Servers", "data_dir", "database_url", "local_secret", "redis_url", "start_for_command"]
