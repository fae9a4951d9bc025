class Purge < ActiveRecord::Migration[6.1]
  def up
    execute "DELETE FROM people WHERE id > 80"
  end
end
